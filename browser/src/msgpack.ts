/** MessagePack, as far as what JSON has, bytes and times go. */

import { bytesOf } from "./binary.js";

/** Ten to the ninth: nanoseconds in a second. */
const second = 1e9;

/** Returns a value as bytes. @internal */
export function encode(value: unknown): ArrayBuffer {
  const writer = new Writer();
  writer._value(value);
  return writer._bytes.buffer.slice(0, writer._length);
}

class Writer {
  _bytes = new Uint8Array(1024);
  _view = new DataView(this._bytes.buffer);
  _length = 0;

  /** Makes room for so many bytes and returns where they begin. */
  _room(size: number): number {
    const at = this._length;
    this._length += size;
    if (this._length > this._bytes.length) {
      const old = this._bytes;
      this._bytes = new Uint8Array(this._length * 2);
      this._bytes.set(old);
      this._view = new DataView(this._bytes.buffer);
    }
    return at;
  }

  _byte(byte: number): void {
    const at = this._room(1);
    this._bytes[at] = byte;
  }

  _raw(bytes: Uint8Array): void {
    const at = this._room(bytes.length);
    this._bytes.set(bytes, at);
  }

  /** Writes a byte and behind it a number of 8, 16 or 32 bits, or the first of the bytes that needs no more. */
  _head(size: number, code8: number, code16: number): void {
    if (size < 256 && code8) {
      this._byte(code8);
      this._byte(size);
    } else if (size < 65536) {
      this._byte(code16);
      const at = this._room(2);
      this._view.setUint16(at, size);
    } else {
      this._byte(code16 + 1);
      const at = this._room(4);
      this._view.setUint32(at, size);
    }
  }

  _value(value: any): void {
    switch (typeof value) {
      case "string":
        return this._string(value);
      case "number":
        return this._number(value);
      case "boolean":
        return this._byte(value ? 0xc3 : 0xc2);
      case "object":
        if (value) return this._object(value);
    }
    if (typeof value === "bigint") throw new TypeError("a BigInt cannot be sent");
    this._byte(0xc0);
  }

  _string(value: string): void {
    const bytes = new TextEncoder().encode(value);
    if (bytes.length < 32) this._byte(0xa0 | bytes.length);
    else this._head(bytes.length, 0xd9, 0xda);
    this._raw(bytes);
  }

  _number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this._byte(0xcb);
      const at = this._room(8);
      this._view.setFloat64(at, value);
    } else if (value >= -32 && value < 128) {
      this._byte(value & 255);
    } else if (value >= 0 && value < 2 ** 32) {
      this._head(value, 0xcc, 0xcd);
    } else {
      this._signed(value);
    }
  }

  /** Writes what needs a sign or more than 32 bits. */
  _signed(value: number): void {
    const size = value >= -128 ? 1 : value >= -32768 ? 2 : value >= -(2 ** 31) ? 4 : 8;
    if (value > 0 || size > 4) {
      this._byte(value > 0 ? 0xcf : 0xd3);
      const at = this._room(8);
      this._view.setBigInt64(at, BigInt(value));
      return;
    }
    this._byte(size > 2 ? 0xd2 : 0xcf + size);
    const at = this._room(size);
    if (size < 2) this._view.setInt8(at, value);
    else if (size < 4) this._view.setInt16(at, value);
    else this._view.setInt32(at, value);
  }

  _object(value: any): void {
    if (value instanceof Date) return this._time(value.getTime());
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
      const bytes = bytesOf(value);
      this._head(bytes.length, 0xc4, 0xc5);
      return this._raw(bytes);
    }
    if (typeof value.toJSON === "function") return this._value(value.toJSON());
    if (Array.isArray(value)) {
      if (value.length < 16) this._byte(0x90 | value.length);
      else this._head(value.length, 0, 0xdc);
      return value.forEach((element) => this._value(element));
    }
    const keys = Object.keys(value).filter((key) => value[key] !== undefined && typeof value[key] !== "function");
    if (keys.length < 16) this._byte(0x80 | keys.length);
    else this._head(keys.length, 0, 0xde);
    for (const key of keys) {
      this._string(key);
      this._value(value[key]);
    }
  }

  /** Writes a time, given in milliseconds, in the form that every time fits into. */
  _time(time: number): void {
    const seconds = Math.floor(time / 1000);
    this._raw(Uint8Array.of(0xc7, 12, 0xff));
    const at = this._room(12);
    this._view.setUint32(at, (time - seconds * 1000) * 1e6);
    this._view.setBigInt64(at + 4, BigInt(seconds));
  }
}

/** Returns the value that bytes stand for. Throws if they stand for none. @internal */
export function decode(buffer: ArrayBuffer): any {
  const reader = new Reader(buffer);
  const value = reader._value();
  if (reader._at !== buffer.byteLength) throw new RangeError("bytes behind the value");
  return value;
}

class Reader {
  _view: DataView;
  _at = 0;

  constructor(readonly _buffer: ArrayBuffer) {
    this._view = new DataView(_buffer);
  }

  /** Reads an unsigned number of 1, 2, 4 or 8 bytes. */
  _uint(size: number): number {
    const { _view: view, _at: at } = this;
    this._at += size;
    if (size < 2) return view.getUint8(at);
    if (size < 4) return view.getUint16(at);
    return size < 8 ? view.getUint32(at) : Number(view.getBigUint64(at));
  }

  _int(size: number): number {
    const bits = size * 8;
    return Number(BigInt.asIntN(bits, BigInt(this._uint4(size))));
  }

  /** Reads the bits of a number, of which none may be lost. */
  _uint4(size: number): bigint {
    if (size < 8) return BigInt(this._uint(size));
    this._at += 8;
    return this._view.getBigUint64(this._at - 8);
  }

  _bytes(size: number): ArrayBuffer {
    const start = this._at;
    this._at += size;
    if (this._at > this._buffer.byteLength) throw new RangeError("bytes are missing");
    return this._buffer.slice(start, this._at);
  }

  _string(size: number): string {
    return new TextDecoder().decode(this._bytes(size));
  }

  _array(size: number): unknown[] {
    const array = [];
    while (size--) array.push(this._value());
    return array;
  }

  _map(size: number): object {
    const entries: [string, unknown][] = [];
    while (size--) entries.push([String(this._value()), this._value()]);
    // Not by assignment, to which "__proto__" is not a name like others.
    return Object.fromEntries(entries);
  }

  _value(): any {
    const code = this._uint(1);
    if (code < 0x80) return code;
    if (code < 0x90) return this._map(code & 15);
    if (code < 0xa0) return this._array(code & 15);
    if (code < 0xc0) return this._string(code & 31);
    if (code >= 0xe0) return code - 256;
    return this._long(code);
  }

  /** Reads what has its size, or is, behind the first byte. */
  _long(code: number): any {
    // How many bytes a number or size has: they come in rows of 1, 2, 4 and 8.
    const from = (first: number) => this._uint(2 ** (code - first));
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return code === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this._bytes(from(0xc4));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this._extension(from(0xc7));
      case 0xca:
        return this._view.getFloat32((this._at += 4) - 4);
      case 0xcb:
        return this._view.getFloat64((this._at += 8) - 8);
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return from(0xcc);
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this._int(2 ** (code - 0xd0));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this._extension(2 ** (code - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this._string(from(0xd9));
      case 0xdc:
      case 0xdd:
        return this._array(from(0xdb));
      case 0xde:
      case 0xdf:
        return this._map(from(0xdd));
    }
    throw new RangeError("no such type");
  }

  /** Reads a time, or what the reference implementation takes for undefined. */
  _extension(size: number): unknown {
    const type = this._uint(1);
    const view = new DataView(this._bytes(size));
    if (type === 0 && size === 1) return undefined;
    if (type !== 0xff) return [type, view.buffer];
    let nanoseconds = 0;
    let seconds: number;
    if (size === 4) {
      seconds = view.getUint32(0);
    } else if (size === 8) {
      nanoseconds = view.getUint32(0) >>> 2;
      seconds = (view.getUint32(0) & 3) * 2 ** 32 + view.getUint32(4);
    } else {
      nanoseconds = view.getUint32(0);
      seconds = Number(view.getBigInt64(4));
    }
    return new Date((seconds + nanoseconds / second) * 1000);
  }
}
