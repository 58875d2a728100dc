/** Runs something under the CPU profiler of this process; `node dist/scripts/bench/profile.js FILE` reads what it writes. */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

const SAMPLING_MICROS = 500

/**
 * @param file - written when the act is done; undefined: no profiler.
 * @returns what the act returns.
 */
export async function profiled<T>(file: string | undefined, act: () => Promise<T>): Promise<T> {
  if (file === undefined) return await act()
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROS })
  await session.post('Profiler.start')
  const value = await act()
  const { profile } = await session.post('Profiler.stop')
  writeFileSync(file, JSON.stringify(profile))
  session.disconnect()
  return value
}
