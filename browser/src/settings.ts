import { Emitter, type EventsMap } from "./emitter.js";
import type { ManagerOptions } from "./options.js";

/** The options of a manager that may be read and set while it is used. */
export abstract class Settings<Events extends EventsMap> extends Emitter<Events> {
  abstract readonly opts: ManagerOptions;

  /** What has been set, which goes before what opts says. @internal */
  _settings: ManagerOptions = {};

  /** Whether nobody wants a connection, or the next attempt at one. @internal */
  abstract _unwanted: boolean;

  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): this | boolean {
    if (value === false) this._unwanted = true;
    return this._setting("reconnection", true, value);
  }

  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): this | number {
    return this._setting("reconnectionAttempts", Infinity, value);
  }

  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): this | number {
    return this._setting("reconnectionDelay", 1000, value);
  }

  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): this | number {
    return this._setting("reconnectionDelayMax", 5000, value);
  }

  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): this | number {
    return this._setting("randomizationFactor", 0.5, value);
  }

  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): this | number | false {
    return this._setting("timeout", 20000, value);
  }

  /** Reads an option, or sets it for this manager. @internal */
  _setting<Name extends keyof ManagerOptions>(name: Name, byDefault: ManagerOptions[Name], value?: ManagerOptions[Name]): any {
    if (value === undefined) return this._settings[name] ?? this.opts[name] ?? byDefault;
    this._settings[name] = value;
    return this;
  }
}
