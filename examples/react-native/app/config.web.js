export const url = ""; // where the page is from
