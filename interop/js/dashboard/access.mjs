// In the page: what those need who see it badly or not at all, or use it without a mouse.

/** What can be used or is a region and has no name, and headings that skip a level. */
export function unnamed() {
  const used = "button, input, select, textarea, a, canvas, dialog, nav, main > section, [role=group], [role=search]";
  const nameOf = (element) => {
    const labelled = document.getElementById(element.getAttribute("aria-labelledby"));
    const named = element.getAttribute("aria-label") ?? labelled?.textContent ?? element.labels?.[0]?.textContent;
    return (named ?? (["BUTTON", "A"].includes(element.tagName) ? element.textContent : "")).trim();
  };
  const found = [...document.querySelectorAll(used)].filter((element) => element.checkVisibility() && !nameOf(element)).map((element) => `${element.localName}#${element.id} has no name`);
  let before = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3")) {
    if (!heading.checkVisibility() || heading.closest("dialog")) continue;
    const level = Number(heading.localName[1]);
    if (level > before + 1) found.push(`${heading.textContent} is of level ${level} below one of ${before}`);
    before = level;
  }
  return found;
}

/** Texts that are not clear enough against what is behind them: less than 4.5 to 1. */
export function faint() {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const over = (color, below) => {
    context.fillStyle = `rgb(${below.join(" ")})`;
    context.fillRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const behind = (element) => (element ? over(getComputedStyle(element).backgroundColor, behind(element.parentElement)) : [255, 255, 255]);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!says || !element.checkVisibility() || element.closest(".skip, .hidden") || element.disabled) continue;
    const back = behind(element);
    const [a, b] = [light(over(getComputedStyle(element).color, back)), light(back)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${element.localName} "${element.textContent.slice(0, 30)}": ${contrast.toFixed(2)}`);
  }
  return found;
}

/** What reaches beyond the width of the page, and is not in a box of its own that can be moved. */
export function tooWide() {
  const reaches = (element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !element.closest(".hidden") && !element.parentElement.closest(".scroll");
  return [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility() && reaches(element)).map(({ localName, id, className }) => `${localName}#${id}.${className}`);
}
