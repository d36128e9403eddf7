import type { ClassReport, GroupReport, Report } from '../report.js';
import { calibrationSection } from './calibration-section.js';
import { confusionSection } from './confusion-section.js';
import { Html, html } from './html.js';
import { mistakeSection, type ShownMistake } from './mistake-section.js';
import { count, decimal, percent } from './numbers.js';
import { plainTable, scrollTable } from './scroll-table.js';
import { pageStyle } from './style.js';

/** Everything a page shows of one evaluation. Texts may hold anything; they are escaped. */
export interface HtmlReportPage {
  readonly title: string;
  /** What was evaluated and how, e.g. `['dataset', 'esc-scenes, fold 1']`. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly report: Report;
  readonly mistakes: readonly ShownMistake[];
  /** What the network costs, and how it stands to the official limits. */
  readonly cost?: HtmlReportCost;
  /** Plain JSON shown as it is, folded away, by heading: recipe, environment. */
  readonly documents: Readonly<Record<string, unknown>>;
}

export interface HtmlReportCost {
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly rules: readonly {
    readonly rule: string;
    readonly note: string;
    readonly passes: boolean;
    readonly verdict: string;
  }[];
  /** What computes with learnt numbers, in order. */
  readonly layers: readonly {
    readonly name: string;
    readonly op: string;
    /** Shape for one input. */
    readonly outputShape: readonly number[];
    readonly parameters: number;
    readonly macs: number;
  }[];
}

/**
 * One evaluation as a page of HTML that needs nothing else: no scripts, no network, light and dark, from a phone's width on.
 *
 * @returns the text of the file.
 */
export function formatHtmlReport(page: HtmlReportPage): string {
  const { title, facts, report, mistakes, cost, documents } = page;
  const hasDevices = report.devices.length > 0;
  const sections: readonly (readonly [id: string, name: string])[] = [
    ['scenes', 'Scenes'],
    ['confusion', 'Confusion'],
    ...(hasDevices ? ([['devices', 'Devices']] as const) : []),
    ['calibration', 'Calibration'],
    ['mistakes', 'Worst mistakes'],
    ...(cost === undefined ? [] : ([['cost', 'Cost']] as const)),
    ['origin', 'Recipe and environment'],
  ];
  const body = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
        />
        <title>${title}: evaluation</title>
        <style>
          ${new Html(pageStyle())}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <dl class="facts">
            ${facts.map(
              ([name, value]) =>
                html`<dt>${name}</dt>
                  <dd>${value}</dd>`,
            )}
          </dl>
          ${tiles(report)}
          <nav aria-label="Sections">
            <ul>
              ${sections.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}
            </ul>
          </nav>
        </header>
        <main>
          ${sceneSection(report)} ${confusionSection(report)} ${hasDevices ? deviceSection(report) : html``}
          ${calibrationSection(report.calibration)} ${mistakeSection(mistakes)}
          ${cost === undefined ? html`` : costSection(cost)} ${originSection(documents)}
        </main>
      </body>
    </html> `;
  return body.toString();
}

function tiles(report: Report): Html {
  const { accuracy, balancedAccuracy, logLoss, calibration, abstract, clips } = report;
  const shown: readonly (readonly [string, string])[] = [
    ['accuracy', percent(accuracy)],
    ['class-balanced', percent(balancedAccuracy)],
    ['log loss', decimal(logLoss)],
    ['calibration error', percent(calibration.ece)],
    ...(abstract === null
      ? []
      : ([[`${abstract.labels.length} abstract classes`, percent(abstract.accuracy)]] as const)),
    ['clips', count(clips)],
  ];
  return html`<dl class="tiles">
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function sceneSection({ classes, abstract }: Report): Html {
  const head = html`<th scope="col">scene</th>
    ${['accuracy', '', 'clips', 'precision', 'log loss'].map((cell) => html`<th scope="col">${cell}</th>`)}`;
  const rows = classes.map(
    (each: ClassReport) =>
      html`<tr>
        <th scope="row">${each.scene}</th>
        <td>${percent(each.recall)}</td>
        <td>${each.recall === null ? html`` : html`<meter value="${each.recall}" aria-hidden="true"></meter>`}</td>
        <td>${count(each.count)}</td>
        <td>${percent(each.precision)}</td>
        <td>${decimal(each.logLoss)}</td>
      </tr>`,
  );
  const coarse =
    abstract === null
      ? html``
      : html`<p>
          Their ${abstract.labels.length} abstract classes (${abstract.labels.join(', ')}), by summed posteriors:
          accuracy ${percent(abstract.accuracy)}, log loss ${decimal(abstract.logLoss)}.
        </p>`;
  return html`<section id="scenes">
    <h2>Scenes</h2>
    ${scrollTable('Accuracy by scene', head, rows)} ${coarse}
  </section>`;
}

function deviceSection({ devices, deviceGroups, clipsWithoutDevice }: Report): Html {
  const head = (first: string): string[] => [first, 'accuracy', 'class-balanced', 'log loss', 'clips', 'devices'];
  const rows = (groups: readonly GroupReport[]): string[][] =>
    groups.map((group) => [
      group.name,
      percent(group.accuracy),
      percent(group.balancedAccuracy),
      decimal(group.logLoss),
      count(group.clips),
      group.devices.join(', '),
    ]);
  const groups =
    deviceGroups.length === 0 ? html`` : plainTable('Accuracy by group of devices', head('group'), rows(deviceGroups));
  const own = rows(devices).map((row) => row.slice(0, -1));
  return html`<section id="devices">
    <h2>Devices</h2>
    ${groups} ${plainTable('Accuracy by device', head('device').slice(0, -1), own)}
    ${clipsWithoutDevice === 0 ? html`` : html`<p>${count(clipsWithoutDevice)} clips without a device.</p>`}
  </section>`;
}

function costSection({ facts, rules, layers }: HtmlReportCost): Html {
  const rows = rules.map(({ rule, note, passes, verdict }) => [
    rule,
    passes ? html`${verdict}` : html`<span class="no">${verdict}</span>`,
    note,
  ]);
  const perLayer = layers.map(({ name, op, outputShape, parameters, macs }) => [
    name,
    op,
    outputShape.join(' × '),
    count(parameters),
    count(macs),
  ]);
  return html`<section id="cost">
    <h2>Cost</h2>
    <dl class="facts">
      ${facts.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <div class="words">${plainTable('Official limits', ['edition', 'verdict', 'limit'], rows)}</div>
    <details>
      <summary>layer by layer</summary>
      ${plainTable('Cost by layer', ['layer', 'operator', 'output', 'parameters', 'MACs'], perLayer)}
    </details>
  </section>`;
}

function originSection(documents: Readonly<Record<string, unknown>>): Html {
  const shown = Object.entries(documents).map(
    ([name, value]) =>
      html`<details>
        <summary>${name}</summary>
        <pre tabindex="0">${JSON.stringify(value, null, 2)}</pre>
      </details>`,
  );
  return html`<section id="origin">
    <h2>Recipe and environment</h2>
    ${shown}
  </section>`;
}
