import { sections, type ClauseResult, type ConformanceReport, type Evidence } from '@kedge/conform';
import { humanAmount, humanCount } from './human.js';
import { table, type Output } from './output.js';

const levels = ['MUST', 'SHOULD', 'MAY'] as const;
const longestLine = 110;

/** A conformance report for a reader: sections with counts, what fails with what shows it, and a summary. */
export function conformanceText(report: ConformanceReport, colours: Output['colours']): string[] {
  const { chainId, address, profile, results, transactions, notReturned, recovered = 0n } = report;
  const titles = new Map<string, string>(sections);
  const groups = new Map<string, ClauseResult[]>();
  for (const result of results) {
    const title = titles.get(result.section) ?? decisionsTitle(result.section);
    groups.set(title, [...(groups.get(title) ?? []), result]);
  }
  return [
    `${address} on chain ${chainId}, profile ${profile}: ${humanCount(results.length, 'clause')}, ${humanCount(transactions, 'transaction')}`,
    ...[...groups].flatMap(([title, own]) => ['', ...sectionLines(title, own, colours)]),
    '',
    ...table([
      ['LEVEL', 'PASS', 'FAIL', 'NOT APPLICABLE', 'OF THESE NOT REACHED'],
      ...levels.map((level) => {
        const { pass, fail, notApplicable, unchecked } = report.counts[level];
        return [level, ...[pass, fail, notApplicable, unchecked].map(String)];
      }),
    ]),
    '',
    ...(notReturned === undefined
      ? []
      : [`What is left of the throw-away accounts was not returned: ${notReturned}`, 'The next run gives it back.']),
    ...(recovered === 0n
      ? []
      : [`Runs that were broken off had left ${humanAmount(recovered, 18)}: it went back, too.`]),
    verdict(report, colours),
  ];
}

/** P1 to P33 under the headings of the profile. */
function decisionsTitle(section: string): string {
  const number = Number(section.slice(1));
  if (number <= 10) return 'Profile: solvency (P1-P10)';
  return number <= 18 ? 'Profile: authority (P11-P18)' : 'Profile: semantics (P19-P33)';
}

function verdict({ ok, nodeFailed, counts, profile }: ConformanceReport, { green, red }: Output['colours']): string {
  if (ok) return green(`✓ every MUST of the profile ${profile} holds`);
  const { fail, unchecked } = counts.MUST;
  if (nodeFailed) return red(`✗ the node failed, and ${unchecked} MUST could not be tried: run it again`);
  const parts = [
    ...(fail === 0 ? [] : [`${fail} MUST ${fail === 1 ? 'fails' : 'fail'}`]),
    ...(unchecked === 0 ? [] : [`${unchecked} MUST could not be reached`]),
  ];
  return red(`✗ ${parts.join(', ')}`);
}

function sectionLines(title: string, results: readonly ClauseResult[], colours: Output['colours']): string[] {
  const count = (status: ClauseResult['status']): number => results.filter((result) => result.status === status).length;
  const counts = [
    [count('pass'), 'pass'],
    [count('fail'), 'fail'],
    [count('notApplicable'), 'not applicable'],
  ].filter(([number]) => number !== 0);
  const width = Math.max(...results.map(({ id }) => id.length));
  return [
    colours.bold(`${title}  (${counts.map(([number, word]) => `${number} ${word}`).join(', ')})`),
    ...results.flatMap((result) => resultLines(result, width, colours)),
  ];
}

function resultLines(result: ClauseResult, width: number, { green, red, dim }: Output['colours']): string[] {
  const { id, level, status, words, detail, evidence } = result;
  const head = `${id.padEnd(width)}  ${level.padEnd(6)}`;
  if (status === 'notApplicable') return [dim(`  - ${shortened(`${head}  ${detail}`)}`)];
  if (status === 'pass') return [`  ${green('✓')} ${shortened(`${head}  ${words}`)}`];
  return [
    `  ${red('✗')} ${red(shortened(`${head}  ${words}`))}`,
    `      ${detail}`,
    ...(evidence === undefined ? [] : evidenceLines(evidence)),
  ];
}

function evidenceLines(evidence: Evidence): string[] {
  if (evidence.kind === 'transaction') return [`      transaction ${evidence.hash}`];
  const { from, to, data, value, block } = evidence;
  const paid = value === 0n ? '' : ` with ${value} wei`;
  return [`      call from ${from} to ${to}${paid} at block ${block}: ${data}`];
}

function shortened(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`;
}
