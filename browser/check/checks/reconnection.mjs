export const source = ""; export const checks = {};
