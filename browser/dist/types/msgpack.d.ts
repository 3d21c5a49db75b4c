/** MessagePack, as far as what JSON has, bytes and times go. */
export {};
