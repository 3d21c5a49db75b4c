export async function runChromiumPart() {}
