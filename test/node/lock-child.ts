// Child process of the lock's spec. Waits for a byte on its input, tries to take the home, says how that went, and stays.
import { acquireLock } from '../../src/node/lock.ts'

const [home = ''] = process.argv.slice(2)
process.stdout.write('started\n')
await new Promise((done) => process.stdin.once('data', done))
try {
  await acquireLock(home)
  process.stdout.write('owner\n')
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code} ${(error as Error).message}\n`)
}
setInterval(() => {}, 1000)
