import {writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {MtlsError} from '../../errors';
import {DEFAULT_LIMITS} from '../../scan/budget';
import {renderHtml} from '../../scan/report/html';
import {baselineOf, failuresFrom, reportOf} from '../../scan/report/report';
import type {Baseline, Report} from '../../scan/report/report';
import {renderSarif} from '../../scan/report/sarif';
import {REPORT_SCHEMA} from '../../scan/report/schema';
import {renderTerminal} from '../../scan/report/terminal';
import {scan as scanServer} from '../../scan/scan';
import {CliError, EXIT, parseOptions, usageError} from '../command';
import type {Command, Io} from '../command';
import {colourFor} from '../paint';
import {jobOf, OPTIONS} from './job';
import type {Job} from './job';
import {ProgressLine} from './progress-line';

/** The server could not be scanned, or not well enough for a grade. */
const EXIT_INCOMPLETE = 3;

export const scan: Command = {
  name: 'scan',
  summary: 'Look at a running server from outside and grade its mutual TLS',
  help: `
Usage: mtls scan https://HOST:PORT[/PATH] [options]

Reads only, talks to no other host, and keeps within its limits. What could not be found out is reported as not tested.

  --cert FILE         client certificate (PEM, leaf first) the server should accept
  --key FILE          its key
  --passphrase-file FILE  first line is the passphrase of the key
  --ca FILE           CAs that may have issued the server certificate (default: the public roots)
  --issuer FILE       a client CA the server trusts, for a test: makes each wrong certificate wrong in one way only
  --issuer-key FILE   its key; --issuer-passphrase-file FILE for its passphrase
  --name NAME         another virtual host on the same address; repeat for more
  --openapi FILE|URL  OpenAPI 3 document (JSON) to compare with reality; a URL must be on the scanned server
  --methods KIND      read-only (GET and HEAD, default) or all, which may change data
  --format KIND       text (default), json, sarif or html; --json is short for the second
  --output FILE       write the report there instead of to the terminal
  --baseline FILE     JSON report of an earlier scan; only what is new is shown and counts
  --watch SECONDS     scan again and again and show what is new; ends with Ctrl-C
  --fail-on LEVEL     exit 1 from this severity on: critical, high (default), medium, low, never
  --max-connections N connections in all (default ${DEFAULT_LIMITS.connections})
  --parallel N        connections at the same time (default ${DEFAULT_LIMITS.parallel})
  --timeout SECONDS   time for the whole scan (default ${DEFAULT_LIMITS.totalMs / 1000})
  --verbose           show the evidence of passed checks too
  --schema            print the JSON schema of the report and end

Examples:
  mtls scan https://localhost:8443 --cert certs/clinician-alice.crt --key certs/clinician-alice.key --ca certs/server-ca.crt
  mtls scan https://localhost:8443 --openapi openapi.json --format html --output report.html
  mtls scan https://localhost:8443 --json --output baseline.json --fail-on never
  mtls scan https://localhost:8443 --baseline baseline.json --format sarif --output scan.sarif

Exit codes: 0 nothing failed at or above --fail-on, 1 something did, 2 usage, 3 the server could not be scanned or too
little could be tested for a grade.`,
  options: OPTIONS,
  run: async (args, io) => {
    const {values, positionals} = parseOptions('scan', args, {options: OPTIONS, allowPositionals: true});
    if (values.schema) {
      io.stdout.write(`${JSON.stringify(REPORT_SCHEMA, null, 2)}\n`);
      return EXIT.ok;
    }
    const [url, extra] = positionals;
    if (url === undefined) throw usageError('which server?', 'mtls scan https://localhost:8443');
    if (extra !== undefined) throw usageError(`unexpected argument '${extra}'`, 'mtls scan --help');
    const job = jobOf(url, values, io);
    return job.watchMs === undefined
      ? conclude(await perform(job, io, job.baseline), job)
      : watch(job, job.watchMs, io);
  },
};

/** Scans once and writes the report. */
async function perform(job: Job, io: Io, baseline: Baseline | undefined): Promise<Report> {
  const progress = new ProgressLine(io);
  try {
    const result = await scanServer(job.url, {...job.options, now: io.now()}, each => {
      progress.show(each);
    });
    const report = reportOf(result, baseline);
    progress.clear();
    const text = render(report, job, io, baseline);
    if (job.output === undefined) io.stdout.write(text);
    else writeFileSync(job.output, text);
    return report;
  } catch (error) {
    progress.clear();
    if (!(error instanceof MtlsError) || error.code !== 'ERR_MTLS_SCAN_TARGET') throw error;
    throw new CliError(error.message, 'check host and port, and that the server speaks TLS', EXIT_INCOMPLETE);
  }
}

function render(report: Report, job: Job, io: Io, baseline: Baseline | undefined): string {
  switch (job.format) {
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'sarif':
      return renderSarif(report);
    case 'html':
      return renderHtml(report);
    case 'text': {
      const colour = job.output === undefined ? colourFor(io.stdout, io) : 'plain';
      const detail = baseline === undefined ? job.detail : 'new';
      return `${renderTerminal(report, {colour, detail})}\n`;
    }
  }
}

function conclude(report: Report, {failOn}: Job): number {
  if (failOn === 'never') return EXIT.ok;
  if (failuresFrom(report, failOn).length > 0) return EXIT.failed;
  return report.grade === '-' ? EXIT_INCOMPLETE : EXIT.ok;
}

/** Scans until told to stop; after the first time, only what is new is shown. */
async function watch(job: Job, pauseMs: number, io: Io): Promise<number> {
  let report = await perform(job, io, job.baseline);
  while (await pause(pauseMs, io.signal)) report = await perform(job, io, baselineOf(report));
  return conclude(report, job);
}

/** Whether the time passed without an interruption. */
function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return delay(milliseconds, true, {signal}).catch(() => false);
}
