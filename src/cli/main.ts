/**
 * The command line: reads the words, runs one command, and turns whatever comes of it into an exit code.
 */
import type { Arguments } from './arguments.ts'
import { type Parsed, parseCommandLine } from './arguments.ts'
import { EXIT, exitCodeOf } from './exit.ts'
import { interrupted, interruption, watchSignals } from './interrupts.ts'
import { Output } from './output.ts'
import { closeSessions } from './session.ts'
import { foreseen } from './text.ts'

/**
 * Runs one command.
 *
 * @param argv - without the program's own name.
 * @returns the number to end with; nothing is thrown.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const isColour = process.stdout.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
  const isJson = argv.includes('--json')
  const output = new Output({ isJson, isColour })
  try {
    const parsed = parseCommandLine(argv)
    return await carryOut(parsed, new Output({ isJson: parsed.options.isOn('json'), isColour }))
  } catch (error) {
    const known = foreseen(error)
    output.error(known)
    showCause(error)
    return exitCodeOf(known)
  } finally {
    await closeSessions()
  }
}

async function carryOut({ command, spec, operands, options }: Parsed, output: Output): Promise<number> {
  if (options.isOn('help')) {
    const { run, showCommand } = await import('./commands/help.ts')
    if (command === 'help') return await run({ command, operands, options, output })
    showCommand(command, spec, output)
    return EXIT.ok
  }
  const args: Arguments = { command, operands, options, output }
  const { run } = await spec.load()
  if (spec.isService === true) return await run(args)
  return await Promise.race([
    run(args),
    interrupted.then(() => {
      throw interruption()
    })
  ])
}

/** For whoever looks for a fault of ours. A stack names files and functions, and its first line is left out. */
function showCause(error: unknown): void {
  if (!/(^|[ ,])(conclave(:.*)?|\*)/.test(process.env['DEBUG'] ?? '')) return
  for (let one = error; one instanceof Error; one = one.cause) {
    process.stderr.write(`${one.name}\n${one.stack?.split('\n').slice(1).join('\n') ?? ''}\n`)
  }
}

/** Runs the command of this process, and ends it. */
export async function start(): Promise<never> {
  const die = (error: unknown): void => {
    const known = foreseen(error)
    new Output({ isJson: process.argv.includes('--json') }).error(known)
    showCause(error)
    process.exit(exitCodeOf(known))
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
  // Whoever read our output has had enough.
  process.stdout.on('error', () => process.exit(EXIT.ok))
  process.stderr.on('error', () => {})
  watchSignals()
  const code = await main(process.argv.slice(2))
  await new Promise<void>((done) => process.stdout.write('', () => done()))
  process.exit(code)
}
