/** What a script tag and require() get: the function, with everything else on it. */

import * as client from "./index.js";

const { io } = client;

export default Object.assign(io, client);
