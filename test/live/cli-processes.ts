/** Real processes of the command line for the tests of this folder: started, listened to, waited for, and killed. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ControlClient, connectControl } from '../../src/node/control.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/run.js', import.meta.url))
/** The same program in a process that can be cut off. */
export const SEVERABLE = fileURLToPath(new URL('./severable-child.js', import.meta.url))

export type Form = Record<string, unknown>

/** What a command printed, and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** Lines of standard output that are JSON objects. */
  readonly forms: readonly Form[]
}

const environment = (): NodeJS.ProcessEnv => {
  const { CONCLAVE_HOME: _home, CONCLAVE_PASSPHRASE_FILE: _file, DEBUG: _debug, ...rest } = process.env
  return { ...rest, NO_COLOR: '1' }
}

/** A process that is listened to line by line. */
export class Process {
  readonly child: ChildProcessWithoutNullStreams
  out = ''
  err = ''
  readonly ended: Promise<Ended>
  readonly #stirs = new Set<() => void>()

  constructor(args: readonly string[], program = PROGRAM) {
    this.child = spawn(process.execPath, [program, ...args], { env: environment() })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text
      this.#stir()
    })
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.err += text
      this.#stir()
    })
    this.child.stdin.on('error', () => {})
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        resolve({ code, out: this.out, err: this.err, forms: this.forms() })
        this.#stir()
      })
    })
  }

  forms(): Form[] {
    return this.out
      .split('\n')
      .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Form] : []))
  }

  /** Waits until something is so. @throws when the process ends before, or it takes too long. */
  until<T>(what: string, isSo: () => T | undefined | null | false): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.#stirs.delete(look)
        clearTimeout(patience)
        act()
      }
      const fail = (why: string): void =>
        settle(() => reject(new Error(`${why}: ${what}\n--- out\n${this.out}\n--- err\n${this.err}`)))
      const look = (): void => {
        const found = isSo()
        if (found !== undefined && found !== null && found !== false) settle(() => resolve(found))
        else if (this.child.exitCode !== null || this.child.signalCode !== null) fail('ended before')
      }
      const patience = setTimeout(() => fail('waited too long for'), 45_000)
      this.#stirs.add(look)
      look()
    })
  }

  /** A form with these fields. */
  form(fields: Form): Promise<Form> {
    return this.until(JSON.stringify(fields), () => this.forms().find((form) => hasFields(form, fields)))
  }

  type(line: string): void {
    this.child.stdin.write(`${line}\n`)
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }

  /** As by Ctrl-C. */
  async interrupt(): Promise<Ended> {
    this.child.kill('SIGINT')
    return await this.ended
  }

  #stir(): void {
    for (const look of [...this.#stirs]) look()
  }
}

/** What the peer of a home tells of as it happens, in every channel, from when this was opened. */
export class Ear {
  readonly forms: Form[] = []
  /** When each form came, `performance.now()`. */
  readonly times: number[] = []
  readonly #client: ControlClient
  readonly #stirs = new Set<() => void>()

  private constructor(client: ControlClient) {
    this.#client = client
    client.onNotification((_, form) => {
      this.forms.push(form)
      this.times.push(performance.now())
      for (const stir of [...this.#stirs]) stir()
    })
  }

  static async at(home: string): Promise<Ear> {
    const client = await connectControl(join(home, 'control.sock'))
    if (client === undefined) throw new Error(`nobody serves ${home}`)
    const ear = new Ear(client)
    await client.call('subscribe', { events: true })
    return ear
  }

  /** Calls a method of the peer. */
  async call<T = Form>(method: string, params: Form = {}): Promise<T> {
    return (await this.#client.call(method, params)) as T
  }

  /** The first form with these fields, from one on. @param from - how many are passed over. */
  hear(fields: Form, from = 0, patienceMs = 20_000): Promise<Form> {
    const found = (): Form | undefined => this.forms.slice(from).find((form) => hasFields(form, fields))
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        this.#stirs.delete(look)
        clearTimeout(patience)
        act()
      }
      const look = (): void => {
        const form = found()
        if (form !== undefined) settle(() => resolve(form))
      }
      const fail = (): void => {
        const heard = this.forms.slice(Math.max(from, this.count - SHOWN_FORMS)).map(inShort)
        reject(new Error(`never heard ${JSON.stringify(fields)} among\n${heard.join('\n')}`))
      }
      const patience = setTimeout(() => settle(fail), patienceMs)
      this.#stirs.add(look)
      look()
    })
  }

  /** Whether somebody's text was heard. */
  hasHeard(text: string): boolean {
    return this.forms.some((form) => form['text'] === text)
  }

  /** Lets go of what was heard so far. */
  forget(): void {
    this.forms.length = 0
    this.times.length = 0
  }

  /** How many forms came so far. */
  get count(): number {
    return this.forms.length
  }

  close(): void {
    this.#client.close()
  }
}

const SHOWN_FORMS = 40

/** What tells forms apart, without who and when. */
const inShort = (form: Form): string =>
  Object.entries(form)
    .filter(([name, value]) => typeof value !== 'object' && !['channel', 'id', 'local', 'fingerprint'].includes(name))
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')

const hasFields = (form: Form, fields: Form): boolean =>
  Object.entries(fields).every(([name, value]) => form[name] === value)

/** Homes and processes of one test, gone at its end. */
export class Stage {
  readonly #processes: Process[] = []
  readonly #homes: string[] = []
  readonly #ears: Ear[] = []

  async home(): Promise<string> {
    const home = await mkdtemp(join(tmpdir(), 'conclave-cli-'))
    this.#homes.push(home)
    return home
  }

  start(...args: readonly string[]): Process {
    return this.startAs(undefined, ...args)
  }

  startAs(program: string | undefined, ...args: readonly string[]): Process {
    const process = new Process(args, program)
    this.#processes.push(process)
    return process
  }

  async listen(home: string): Promise<Ear> {
    const ear = await Ear.at(home)
    this.#ears.push(ear)
    return ear
  }

  /** A command that ends by itself. */
  run(...args: readonly string[]): Promise<Ended> {
    const process = this.start(...args)
    process.child.stdin.end()
    return process.ended
  }

  /** One that must end well, with JSON. @returns its first object. */
  async ask(...args: readonly string[]): Promise<Form> {
    const ended = await this.run(...args, '--json')
    if (ended.code !== 0) throw new Error(`exit ${ended.code} of ${args.join(' ')}\n${ended.out}\n${ended.err}`)
    return ended.forms[0] ?? {}
  }

  async close(): Promise<void> {
    for (const ear of this.#ears) ear.close()
    await Promise.all(this.#processes.map((process) => process.kill()))
    await Promise.all(this.#homes.map((home) => rm(home, { recursive: true, force: true })))
  }
}
