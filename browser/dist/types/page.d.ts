/** What the client wants to know of the page or worker it runs in. */
export {};
