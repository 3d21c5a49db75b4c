import { existsSync, readFileSync } from "node:fs";
import { posix, resolve } from "node:path";
import { defineConfig } from "vitepress";

// The pages are read where they are, beside the rest of the repository: what they link to
// stands outside docs/ too. SITE_SOURCE is the address of the repository's files, as in
// https://example.com/repository/blob/main/; without it, links to files that are no pages
// become plain text. SITE_BASE is the path the site is served under.
const root = resolve(import.meta.dirname, "../../..");
const source = process.env.SITE_SOURCE?.replace(/\/*$/, "/");

// Pages outside docs/, and where the site has them. They are in English alone.
const outside = {
  "SECURITY.md": "repository/security.md",
  "CONTRIBUTING.md": "repository/contributing.md",
  "CHANGELOG.md": "repository/changelog.md",
  "browser/README.md": "repository/browser-client.md",
};

// pageOf is the page of the site that a file of the repository becomes, or undefined.
function pageOf(file) {
  if (outside[file]) return outside[file];
  if (!/^docs\/([^/]+|zh\/[^/]+|design\/[^/]+)\.md$/.test(file)) return undefined;
  return file.replace(/^docs\//, "").replace(/README\.md$/, "index.md");
}

// fileOf is the file that a link leads to. A page that has no translation yet is the
// English one.
function fileOf(from, link) {
  const file = posix.join(posix.dirname(from), decodeURI(link));
  if (existsSync(resolve(root, file))) return file;
  const english = file.replace(/^docs\/zh\//, "docs/");
  return existsSync(resolve(root, english)) ? english : file;
}

// inTheSite turns links of the repository into links of the site.
function inTheSite(md) {
  md.core.ruler.push("links-of-the-repository", ({ tokens, env }) => {
    const from = posix.relative(root, env.realPath ?? env.path);
    for (const { children } of tokens) {
      let lead = "";
      for (const token of children ?? []) {
        if (token.type === "link_open") lead = follow(token, from);
        else if (token.type === "link_close" && lead === "text") token.tag = "span";
      }
    }
  });
}

// follow gives a link its address in the site and returns what became of it.
function follow(token, from) {
  const href = token.attrGet("href");
  if (/^(\w+:|#|\/)/.test(href)) return "kept";
  const [link, anchor] = href.split("#");
  const file = fileOf(from, link);
  const page = pageOf(file);
  if (page) {
    token.attrSet("href", "/" + page + (anchor ? "#" + anchor : ""));
    return "page";
  }
  if (!existsSync(resolve(root, file))) throw new Error(`${from} links to ${href}, which there is not`);
  if (source) {
    token.attrSet("href", source + file);
    return "source";
  }
  Object.assign(token, { type: "text_open", tag: "span", attrs: [["title", file]] });
  return "text";
}

// sidebar is the index of a language: its headings, and the pages of the tables below them.
function sidebar(index) {
  if (!existsSync(resolve(root, index))) return [];
  const groups = [];
  for (const line of readFileSync(resolve(root, index), "utf8").split("\n")) {
    const heading = /^## (.+)$/.exec(line);
    const row = /^\| \[([^\]]+)\]\(([^)]+)\)/.exec(line);
    if (heading) groups.push({ text: heading[1], collapsed: false, items: [] });
    if (row) groups.at(-1).items.push({ text: row[1], link: "/" + pageOf(fileOf(index, row[2])) });
  }
  return groups.filter(({ items }) => items.length > 0);
}

// words splits a text for the search: what is written without spaces by the browser's
// dictionary, and names of programs at their points.
function words(text) {
  return [...new Intl.Segmenter("zh", { granularity: "word" }).segment(text)]
    .flatMap(({ segment }) => segment.split(/[^\p{L}\p{N}]+/u))
    .filter((word) => word !== "");
}

// anchor is the name that a heading has for links: the one that hosts of repositories give
// it too, so that links lead to it in both places.
function anchor(heading) {
  return heading.trim().toLowerCase().replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
}

// rendererOfNode leaves Vue to Node where pages are rendered: they are not below this
// directory, so that Vite does not find it.
const rendererOfNode = {
  name: "renderer-of-node",
  enforce: "pre",
  resolveId: (id, _, { ssr }) => (ssr && /^vue(\/server-renderer)?$/.test(id) ? { id, external: true } : undefined),
};

const chinese = {
  label: "简体中文",
  lang: "zh-CN",
  title: "Go 版 Socket.IO",
  description: "Go 语言的 Socket.IO 服务器与客户端",
  themeConfig: {
    sidebar: sidebar("docs/zh/README.md"),
    outline: { label: "本页目录", level: [2, 3] },
    docFooter: { prev: "上一页", next: "下一页" },
    darkModeSwitchLabel: "外观",
    lightModeSwitchTitle: "浅色模式",
    darkModeSwitchTitle: "深色模式",
    sidebarMenuLabel: "目录",
    returnToTopLabel: "回到顶部",
    langMenuLabel: "语言",
    skipToContentLabel: "跳到正文",
    notFound: { title: "没有这一页", quote: "这一页不存在，或者还没有翻译。", linkText: "回到首页" },
  },
};

const searchInChinese = {
  button: { buttonText: "搜索", buttonAriaLabel: "搜索" },
  modal: {
    noResultsText: "没有结果",
    resetButtonTitle: "清除",
    displayDetails: "显示详情",
    footer: { selectText: "选择", navigateText: "切换", closeText: "关闭" },
  },
};

export default defineConfig({
  title: "Socket.IO for Go",
  description: "A Socket.IO server and client in Go",
  base: process.env.SITE_BASE ?? "/",
  srcDir: root,
  outDir: resolve(root, ".tmp/site"),
  cacheDir: resolve(root, ".tmp/site-cache"),
  srcExclude: [".tmp/**", "!(docs|browser)/**/*", "docs/site/**", "browser/!(README.md)/**", "README.md", "LICENSE.md"],
  rewrites: (file) => pageOf(file) ?? file,
  vite: { plugins: [rendererOfNode] },
  locales: { root: { label: "English", lang: "en" }, zh: chinese },
  markdown: { config: inTheSite, anchor: { slugify: anchor }, languageAlias: { haproxy: "nginx" } },
  themeConfig: {
    sidebar: sidebar("docs/README.md"),
    outline: { level: [2, 3] },
    search: {
      provider: "local",
      options: {
        locales: { zh: { translations: searchInChinese } },
        miniSearch: { options: { tokenize: words } },
      },
    },
  },
});
