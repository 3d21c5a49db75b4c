/**
 * Whether the lite build is made, for what is too small for a file of its own. The
 * build puts true or false in its place and leaves out what cannot be reached.
 */
declare const LITE: boolean;
