/** How the page looks: light and dark, wide and narrow, and on paper. Colours after Okabe and Ito, darker or lighter for contrast. */

const LIGHT = `--ink:#1b1e23;--soft:#565c66;--line:#c9ced6;--ground:#fff;--card:#f5f6f8;--shade:#eceff3;
--fault:#b3400a;--bad:#a8230f;--good:#0a6b4e;--bad-ground:#fbe9e4;--good-ground:#e3f4ee;--link:#0b5a91;
--c1:#0072b2;--c2:#d0690a;--c3:#00805d;--c4:#a8508a;--c5:#5b54a4;--c6:#56b4e9;--c7:#8a9099;
--t1:#b9dcf2;--t2:#fadbb0;--t3:#bde5d6;--t4:#ecd0e1;--t5:#f3ee9f;--t6:#d3cdf0;`

const DARK = `--ink:#e8eaee;--soft:#a9b0bb;--line:#434a55;--ground:#14171b;--card:#1d2127;--shade:#262b33;
--fault:#ff9d6b;--bad:#ff9a85;--good:#6bd6ae;--bad-ground:#3b1d17;--good-ground:#11322a;--link:#7cc4f5;
--c1:#56b4e9;--c2:#f0a030;--c3:#2bc498;--c4:#e08fc0;--c5:#a9a2ee;--c6:#2f78a8;--c7:#7d8590;
--t1:#1f4f70;--t2:#684614;--t3:#14523f;--t4:#603750;--t5:#55540f;--t6:#433d78;`

export const STYLE = `:root{color-scheme:light dark;${LIGHT}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main,header,footer{max-width:1128px;margin:0 auto;padding:0 24px}
header{padding-top:28px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px}
h2{font-size:1.25rem;margin:44px 0 6px;line-height:1.25}
h3{font-size:1rem;margin:22px 0 4px}
p{margin:6px 0;max-width:76ch}
.soft,figcaption{color:var(--soft)}
.verdict{display:flex;gap:16px;align-items:center;margin:20px 0;padding:16px 18px;border:2px solid var(--edge);border-radius:10px;background:var(--fill)}
.verdict svg{flex:none;width:52px;height:52px;color:var(--edge)}
.verdict strong{display:block;font-size:1.25rem;line-height:1.3}
.held{--edge:var(--good);--fill:var(--good-ground)}
.broken{--edge:var(--bad);--fill:var(--bad-ground)}
.open{--edge:var(--soft);--fill:var(--card)}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:12px 0}
dl.facts dt{color:var(--soft)}
dl.facts dd{margin:0}
code{font:0.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--shade);padding:2px 6px;border-radius:4px}
.tiles{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px;margin:20px 0;padding:0}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 12px}
.tiles b{display:block;font-size:1.35rem;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:.875rem;line-height:1.3;display:block}
.scroll{overflow-x:auto;margin:2px 0 10px;position:relative}
.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.9rem;line-height:1.4}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.caption{color:var(--soft);font-size:.9rem;margin:14px 0 0}
th,td{text-align:left;vertical-align:top;padding:6px 14px 6px 0;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom;overflow-wrap:normal}
tbody th{font-weight:600}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tbody th{min-width:8.5em;overflow-wrap:break-word}
td{overflow-wrap:break-word}
.stack td{overflow-wrap:anywhere}.stack td:nth-child(3){min-width:15em}
.stack tbody th{min-width:6em}td.mono{min-width:20em}
.mark{display:inline-block;white-space:nowrap;font-weight:600;color:var(--edge);background:none}
.mark svg{width:1em;height:1em;vertical-align:-.12em;margin-right:.35em}
.nobreak{white-space:nowrap;overflow-wrap:normal}
figure{margin:8px 0 0}
figure svg{display:block;width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-size:12px}
figure svg.narrow{display:none}
figcaption{font-size:.9rem;margin-bottom:6px;max-width:90ch}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:6px 0;padding:0;font-size:.875rem}
.legend li{display:flex;align-items:center;gap:7px}
.legend svg{width:22px;height:14px;flex:none}
details{margin:4px 0 8px}
summary{cursor:pointer;color:var(--link)}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:8px 10px;white-space:pre-wrap;font:0.8rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:6px 0}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 32px}
.two>*{min-width:0}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:14px 0 0;font-size:.9rem}
a{color:var(--link)}
td.mono{font:0.8rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
footer{margin-top:52px;padding-bottom:36px;color:var(--soft);font-size:.875rem}
@media (max-width:760px){
main,header,footer{padding-left:16px;padding-right:16px}
header{padding-top:18px}
h1{font-size:1.4rem}
figure svg.wide{display:none}figure svg.narrow{display:block}
.tiles{grid-template-columns:repeat(2,1fr)}
dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:8px}
.two{grid-template-columns:1fr}
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack table,.stack tbody,.stack tr,.stack th,.stack td{display:block}
.stack tr{border-bottom:1px solid var(--line);padding:8px 0}
.stack tbody th,.stack td:nth-child(n){overflow-wrap:anywhere;border:0;padding:2px 0;min-width:0}

.stack th.n,.stack td.n{text-align:left}
.stack td[data-label=Verdict]{display:inline-block}
.stack td[data-label=Verdict]::before,.stack td[data-label=Promise]::before{content:none!important}
.stack tr:has(td[data-label=Verdict])>th{display:inline-block;margin-right:12px}
.stack td[data-label]::before{content:attr(data-label) ": ";color:var(--soft);font:0.85rem/1.4 system-ui,sans-serif}
}
@media print{
:root{color-scheme:light;${LIGHT}}
body{font-size:11pt}
main,header,footer{max-width:none;padding:0}
figure svg.wide{display:block}figure svg.narrow{display:none}
figure,.tiles li,tr{break-inside:avoid}h2,h3{break-after:avoid}
.scroll{overflow:visible}nav{display:none}
*{print-color-adjust:exact}
}`
