import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Chat } from "./chat.jsx";

createRoot(document.body).render(<StrictMode><Chat /></StrictMode>);
