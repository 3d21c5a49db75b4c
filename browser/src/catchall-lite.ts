/** In the lite build nobody is told of all events. */

import { Emitter, type EventsMap, type Listener } from "./emitter.js";

export class CatchAll<Events extends EventsMap> extends Emitter<Events> {
  /** Never called. @internal */
  declare _tellAny: Listener;
}
