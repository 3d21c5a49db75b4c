/** What a script tag and require() get: the function, with everything else on it. */
import * as client from "./index.js";
declare const _default: import("./io.js").Io & typeof client;
export default _default;
