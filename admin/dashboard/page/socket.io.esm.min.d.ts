// The client's types, for the checker of types; browsers don't load this.
export * from "../../../browser/dist/types/index.js";
