export type { Binary } from "./binary.js";
export type { DefaultEventsMap, EventsMap } from "./emitter.js";
export type { Engine } from "./engine.js";
export type { DisconnectDetails } from "./errors.js";
export type { EngineOptions, ManagerOptions, SocketOptions, IoOptions } from "./options.js";
export type { ManagerEvents } from "./manager.js";
export type { Packet, Parser } from "./packet.js";
export type { DisconnectReason, SocketReservedEvents } from "./socket.js";
