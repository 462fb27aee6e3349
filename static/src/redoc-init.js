// Opens ReDoc on the document named by the page, in the fonts of the other pages (nothing is fetched for them).
const root = document.getElementById("redoc");
const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const sans = token("--font-sans");
const mono = token("--font-mono");

window.Redoc.init(
  root.dataset.spec,
  {
    hideLogo: true,
    scrollYOffset: ".bar",
    theme: {
      colors: { primary: { main: token("--accent") } },
      typography: {
        fontSize: "15px",
        fontFamily: sans,
        headings: { fontFamily: sans, fontWeight: "600" },
        code: { fontFamily: mono, fontSize: "13px" },
      },
    },
  },
  root,
);
