/** What the drift report's page has beside the pages' common style. */
export const reportStyle = `
.verdict{border-left:6px solid var(--bar)}
.verdict.drifted{border-left-color:var(--label)}
.verdict.alarm{border-left-color:var(--minus)}
.verdict p{margin:0;font-size:17px}
.facts dd{overflow-wrap:anywhere}
caption{text-align:left;color:var(--muted);padding-bottom:4px;overflow-wrap:anywhere}
tbody th{font-weight:500;overflow-wrap:anywhere}
tr.drifted th{font-weight:700}
article.drifted{border-left:4px solid var(--label)}
article ul{font-size:13px;margin:0 0 8px}
a{color:inherit;text-underline-offset:2px}
.key{color:var(--muted);font-size:13px;margin:0 0 12px}
.then,.now{display:inline-block;width:22px;margin:0 6px 0 10px;vertical-align:middle}
.then{height:12px;margin-left:0;background:var(--bar);opacity:.45}
.now{height:3px;background:var(--label)}
details{margin-top:8px;font-size:13px}
`;
