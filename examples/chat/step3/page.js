import { io } from "/socket.io/socket.io.esm.min.js";

io();
