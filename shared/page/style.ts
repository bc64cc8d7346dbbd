/** The page's style: light or dark as the reader's system is, printed in light. */
export const style = `
:root{--page:#f6f7f9;--surface:#fff;--text:#16191d;--muted:#545c66;--line:#d5dae0;--bar:#3b76c4;--label:#c2570c;--minus:#b3386a;color-scheme:light}
@media (prefers-color-scheme:dark){:root{--page:#111418;--surface:#1a1f25;--text:#e8ebef;--muted:#a3adb8;--line:#39424d;--bar:#6ea6ee;--label:#f0914a;--minus:#ec7fae;color-scheme:dark}}
@media print{:root{--page:#fff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
header,main{max-width:1240px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
h1{font-size:28px;line-height:1.2;margin:0}
header p{color:var(--muted);margin:4px 0 0;overflow-wrap:anywhere}
h2{font-size:19px;margin:0 0 8px}
h3{font-size:15px;margin:0;overflow-wrap:anywhere}
section,article{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:20px}
section{margin:20px 0}
article{padding:16px;min-width:0}
.note,.tags,.examples{color:var(--muted);font-size:13px;margin:2px 0 8px;overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:12px;margin:24px 0 0}
.facts div{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:12px 18px}
.facts dt{color:var(--muted);font-size:13px}
.facts dd{margin:0;font-size:20px;font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));gap:14px}
figure{margin:0;overflow-x:auto}
figure svg{display:block;max-width:100%;height:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;margin-top:10px}
th,td{text-align:left;padding:5px 14px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
ul{margin:0;padding-left:20px}
summary{cursor:pointer}
:focus-visible{outline:2px solid var(--bar);outline-offset:2px}
`;
