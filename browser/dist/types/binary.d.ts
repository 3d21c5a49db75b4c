/** What travels as bytes beside the JSON. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;
