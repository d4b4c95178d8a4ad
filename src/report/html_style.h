// Torch-free.
#pragma once

namespace wsel::report {

// The page's CSS: light or dark by the reader's preference; printed light,
// without page breaks inside table rows. ChartStyle follows it.
constexpr const char* kPageStyle = R"(:root{color-scheme:light dark;
--ground:#fff;--text:#1b1b1b;--soft:#5c5c5c;--rule:#e2e2e2;--strong:#1b1b1b;
--shade:#f5f6f7;--up:#00704f;--down:#b3261e}
@media screen and (prefers-color-scheme:dark){:root{--ground:#15171a;
--text:#e4e6e8;--soft:#a0a6ad;--rule:#30353b;--strong:#c8ccd0;--shade:#1e2226;
--up:#4fd0a4;--down:#ff8a80}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:66rem;padding:2rem 1.5rem 3rem;
background:var(--ground);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2.2rem 0 .6rem;overflow-wrap:anywhere}
p{margin:.4rem 0;max-width:46rem}
.status,.caption,.remark,footer{color:var(--soft)}
.caption,footer{font-size:.86rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;border-top:2px solid var(--strong);
border-bottom:2px solid var(--strong);font-variant-numeric:tabular-nums}
th,td{padding:.32rem .9rem;text-align:center;vertical-align:top}
thead th{border-bottom:1px solid var(--strong);font-weight:600}
tbody tr+tr>*{border-top:1px solid var(--rule)}
tbody th{font-weight:400}
.name{text-align:left;overflow-wrap:anywhere;min-width:8rem;max-width:26rem}
td:first-child,th:first-child{padding-left:.3rem}
.remark{font-size:.84rem;white-space:nowrap}
.up{color:var(--up)}.down{color:var(--down)}
.wide{font-size:.82rem}.wide td,.wide th{padding:.25rem .45rem;text-align:left}
.wide td{white-space:nowrap}
.wide td:last-child{white-space:normal;overflow-wrap:anywhere;min-width:9rem}
.charts{display:grid;gap:1.2rem;
grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr))}
.charts.one{grid-template-columns:minmax(0,46rem)}
.chart{width:100%;height:auto}
pre{background:var(--shade);padding:.7rem .9rem;overflow-x:auto;
font:12px/1.45 ui-monospace,monospace;white-space:pre-wrap;
overflow-wrap:anywhere}
summary{cursor:pointer;overflow-wrap:anywhere}
code{overflow-wrap:anywhere;font-size:.92em}
footer{margin-top:2.5rem;border-top:1px solid var(--rule);padding-top:.7rem}
@media print{body{padding:0;max-width:none;font-size:10pt}
.scroll{overflow:visible}tr,.chart,figure{break-inside:avoid}
h2{break-after:avoid}.charts{grid-template-columns:1fr 1fr}}
)";

}  // namespace wsel::report
