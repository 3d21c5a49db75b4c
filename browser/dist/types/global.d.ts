/** What a script tag and require() get: the function, with everything else on it. */
import * as client from "./index.js";
declare const _default: typeof client.io & typeof client;
export default _default;
