/** What travels as bytes beside the JSON. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;

/** Whether a value travels as bytes. A File is a Blob, a Buffer of Node is a view. @internal */
export function isBinary(value: unknown): value is Binary {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}

/** The bytes of a value, without a copy. @internal */
export function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  return value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}

/** @internal */
export function toBase64(value: ArrayBuffer | ArrayBufferView): string {
  const bytes = bytesOf(value);
  let text = "";
  // In slices, as the number of arguments of a call has a limit.
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
}

/** @internal */
export function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
}
