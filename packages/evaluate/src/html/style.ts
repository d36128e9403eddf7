import { heatRules } from './heat-colours.js';

/** The page's style: light and dark, from a phone's width on. Nothing is loaded from anywhere. */
export function pageStyle(): string {
  return `
:root{color-scheme:light dark;--page:#fff;--text:#1c2128;--faint:#57606a;--line:#d0d7de;--tile:#f3f5f8;--mark:#0b57a8;--bad:#a63603}
@media (prefers-color-scheme:dark){:root{--page:#0f141a;--text:#e6edf3;--faint:#9aa6b2;--line:#323c47;--tile:#1a222b;--mark:#7cbbfa;--bad:#fda05c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0.5rem 0}
h2{font-size:1.25rem;margin:2.5rem 0 0.5rem;border-top:1px solid var(--line);padding-top:1rem}
h3{font-size:1rem;margin:0}
a{color:var(--mark)}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:0.25rem 1rem;list-style:none;margin:1rem 0;padding:0}
nav a{display:inline-block;padding:0.35rem 0}
dl{margin:0}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:0.1rem 1rem;color:var(--faint)}
.facts dd{margin:0;color:var(--text)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:0.5rem;margin:1rem 0}
.tiles div{background:var(--tile);border-radius:0.5rem;padding:0.6rem 0.8rem}
.tiles dt{color:var(--faint);font-size:0.85rem}
.tiles dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto;margin:0.75rem 0;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;overflow-wrap:normal}
caption{text-align:left;font-weight:600;padding:0.25rem 0}
th,td{padding:0.25rem 0.6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{font-weight:500}
thead th{color:var(--faint);font-size:0.85rem;vertical-align:bottom}
tr>:first-child{text-align:left;padding-left:0;position:sticky;left:0;background:var(--page)}
.words td,.words thead th{text-align:left}
.heat td{text-align:center;min-width:2.4rem;border:1px solid var(--page)}
.heat .none{color:var(--faint)}
.upright span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:11rem;overflow:hidden;text-overflow:ellipsis}
.upright{text-align:center;padding:0.25rem}
meter{width:6rem;height:0.8rem;vertical-align:middle}
svg{display:block;width:100%;max-width:26rem;height:auto;font:11px system-ui,sans-serif}
svg text{fill:var(--faint)}
.grid{stroke:var(--line)}
.ideal{stroke:var(--faint);stroke-dasharray:5 4}
.bar{fill:var(--mark);opacity:0.45}
.clips{fill:var(--faint);opacity:0.6}
circle{fill:var(--mark)}
.mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr));gap:1rem;list-style:none;margin:0;padding:0}
.mistakes li{background:var(--tile);border-radius:0.5rem;padding:0.8rem}
.mistakes img{display:block;width:100%;height:9rem;image-rendering:pixelated;border-radius:0.25rem;margin:0.5rem 0 0}
.mistakes audio{display:block;width:100%;margin-top:0.5rem}
.mistakes p{margin:0.25rem 0}
figure{margin:0}
figcaption,.small{color:var(--faint);font-size:0.85rem}
.no{color:var(--bad);font-weight:600}
summary{cursor:pointer;padding:0.35rem 0}
pre{overflow-x:auto;background:var(--tile);border-radius:0.5rem;padding:0.8rem;font-size:0.85rem;overflow-wrap:normal}
${heatRules('light')}
@media (prefers-color-scheme:dark){
${heatRules('dark')}
}
@media (max-width:30rem){th,td{padding:0.25rem 0.4rem}meter{width:3.5rem}.heat td{min-width:2rem}}
@media print{body{max-width:none}.scroll{overflow:visible}audio,nav{display:none}}
`;
}
