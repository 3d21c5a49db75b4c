/** What a script tag and require() get: the function, with everything else on it. */

import * as client from "./index.js";

export default Object.assign(client.io, client);
