import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { hex, utf8 } from '../../src/base/bytes.ts'
import { UsageError } from '../../src/base/errors.ts'
import { Secret } from '../../src/base/secret.ts'
import { changePassphrase, createVault, openVault } from '../../src/node/vault.ts'

const passphrase = (text: string) => new Secret(utf8(text))
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'nothing thrown'
  } catch (error) {
    return error instanceof UsageError ? error.code : inspect(error)
  }
}

describe('node/vault', function () {
  this.timeout(20_000)
  let base: string
  let home: string
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'conclave-vault-'))
    home = join(base, 'some', 'home')
  })
  afterEach(() => rm(base, { recursive: true, force: true }))

  /** Rewrites the vault as somebody would who knows how its sum is made. */
  async function tamper(change: Record<string, unknown>): Promise<void> {
    const path = join(home, 'vault.json')
    const { sum: _, ...form } = JSON.parse(await readFile(path, 'utf8'))
    const changed = { ...form, ...change }
    const sum = createHash('sha256').update(JSON.stringify(changed)).digest('hex')
    await writeFile(path, JSON.stringify({ ...changed, sum }))
  }

  it('the same passphrase gives the same store key again, and only that passphrase', async () => {
    const made = await createVault(home, passphrase('correct horse'))
    const opened = await openVault(home, passphrase('correct horse'))
    expect(opened.storeKey.equals(made.storeKey)).to.equal(true)
    expect(opened.protection).to.equal('passphrase')
    expect(await codeOf(openVault(home, passphrase('correct horsf')))).to.equal('WRONG_PASSPHRASE')
    expect(await codeOf(openVault(home, undefined))).to.equal('NO_PASSPHRASE')
    expect(await codeOf(openVault(home, passphrase('')))).to.equal('NO_PASSPHRASE')
  })

  it('two vaults never have the same store key', async () => {
    const one = await createVault(home, undefined)
    const two = await createVault(join(base, 'other'), undefined)
    expect(one.storeKey.equals(two.storeKey)).to.equal(false)
  })

  it('a protected vault file does not contain the store key, an unprotected one says that it does', async () => {
    const made = await createVault(home, passphrase('correct horse'))
    expect(await readFile(join(home, 'vault.json'), 'utf8')).not.to.contain(hex(made.storeKey.expose()))
    const open = await createVault(join(base, 'open'), undefined)
    const form = JSON.parse(await readFile(join(base, 'open', 'vault.json'), 'utf8'))
    expect(form.protection).to.equal('none')
    expect(form.storeKey).to.equal(hex(open.storeKey.expose()))
    expect((await openVault(join(base, 'open'), undefined)).storeKey.equals(open.storeKey)).to.equal(true)
  })

  it('an empty passphrase is never taken for protection, and leaves no vault', async () => {
    expect(await codeOf(createVault(home, passphrase('')))).to.equal('NO_PASSPHRASE')
    expect(await codeOf(openVault(home, undefined))).to.equal('NO_VAULT')
  })

  it('whoever gives a passphrase learns that the vault has none', async () => {
    await createVault(home, undefined)
    expect(await codeOf(openVault(home, passphrase('x')))).to.equal('VAULT_NOT_PROTECTED')
  })

  it('an existing vault is never overwritten', async () => {
    const made = await createVault(home, undefined)
    expect(await codeOf(createVault(home, undefined))).to.equal('VAULT_EXISTS')
    expect((await openVault(home, undefined)).storeKey.equals(made.storeKey)).to.equal(true)
    expect(await readdir(home)).to.deep.equal(['vault.json'])
  })

  it('a missing home is answered with NO_VAULT', async () => {
    expect(await codeOf(openVault(home, undefined))).to.equal('NO_VAULT')
  })

  it('the home has mode 0700 and the vault 0600, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      await createVault(home, undefined)
    } finally {
      process.umask(before)
    }
    expect(await modeOf(home)).to.equal('700')
    expect(await modeOf(join(home, 'vault.json'))).to.equal('600')
  })

  it('a home or a vault that others can reach is refused in three parts, and not narrowed', async () => {
    await createVault(home, undefined)
    await chmod(home, 0o710)
    expect(await codeOf(openVault(home, undefined))).to.equal('FOLDER_TOO_WIDE')
    expect(await codeOf(createVault(home, undefined))).to.equal('FOLDER_TOO_WIDE')
    expect(await modeOf(home)).to.equal('710')
    const message = await openVault(home, undefined).catch((error: Error) => error.message)
    expect(message).to.match(/^Cannot use .*\. Other users .*\. Make sure .*chmod 700/)
    await chmod(home, 0o700)
    await chmod(join(home, 'vault.json'), 0o640)
    expect(await codeOf(openVault(home, undefined))).to.equal('FILE_TOO_WIDE')
  })

  it('a new passphrase opens the same store key, and the old one nothing', async () => {
    const made = await createVault(home, passphrase('old'))
    await changePassphrase(home, passphrase('old'), passphrase('new'))
    expect((await openVault(home, passphrase('new'))).storeKey.equals(made.storeKey)).to.equal(true)
    expect(await codeOf(openVault(home, passphrase('old')))).to.equal('WRONG_PASSPHRASE')
    expect(await codeOf(changePassphrase(home, passphrase('old'), undefined))).to.equal('WRONG_PASSPHRASE')
    await changePassphrase(home, passphrase('new'), undefined)
    expect((await openVault(home, undefined)).storeKey.equals(made.storeKey)).to.equal(true)
    expect(await modeOf(join(home, 'vault.json'))).to.equal('600')
  })

  it('no flipped bit of a vault file changes the key: it is refused as damaged, or means the same', async () => {
    for (const secret of [undefined, passphrase('p')]) {
      const folder = join(base, String(secret))
      const made = await createVault(folder, secret)
      const path = join(folder, 'vault.json')
      const whole = await readFile(path)
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const flipped = Buffer.from(whole)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        await writeFile(path, flipped)
        // White space may change its kind; Argon2 is spared where the file is refused before.
        const outcome = await openVault(folder, secret).catch((error) => error)
        if (outcome instanceof Error) expect((outcome as UsageError).code, `bit ${bit}`).to.equal('DAMAGED_VAULT')
        else expect(outcome.storeKey.equals(made.storeKey), `bit ${bit}`).to.equal(true)
      }
    }
  })

  it('a tampered file can ask neither for more memory and passes than the bounds nor for less than is safe', async () => {
    await createVault(home, passphrase('p'))
    const { sum: _, ...whole } = JSON.parse(await readFile(join(home, 'vault.json'), 'utf8'))
    for (const change of [
      { memoryKiB: 100 * 1024 * 1024 },
      { memoryKiB: 1024 * 1024 + 1 },
      { memoryKiB: 64 * 1024 - 1 },
      { memoryKiB: '65536' },
      { passes: 17 },
      { passes: 2 },
      { passes: 3.5 },
      { kdf: 'md5' },
      { protection: 'maybe' },
      { salt: '00' }
    ]) {
      await tamper({ ...whole, ...change })
      expect(await codeOf(openVault(home, passphrase('p'))), JSON.stringify(change)).to.equal('DAMAGED_VAULT')
    }
  })

  it('parameters within the bounds are authenticated with the key', async () => {
    await createVault(home, passphrase('p'))
    await tamper({ passes: 4 })
    expect(await codeOf(openVault(home, passphrase('p')))).to.equal('WRONG_PASSPHRASE')
    await tamper({ passes: 3 })
    expect(await codeOf(openVault(home, passphrase('p')))).to.equal('nothing thrown')
  })

  it('a vault of a newer form is refused by name', async () => {
    await createVault(home, undefined)
    await tamper({ version: 2 })
    expect(await codeOf(openVault(home, undefined))).to.equal('VAULT_TOO_NEW')
  })

  it('neither the key nor the passphrase shows in a printed vault or in an error', async () => {
    const made = await createVault(home, passphrase('correct horse'))
    expect(inspect(made)).to.contain('[secret]').and.not.contain(hex(made.storeKey.expose()))
    const error = await openVault(home, passphrase('wrong battery')).catch((thrown) => thrown)
    expect(inspect(error)).not.to.contain('wrong battery')
  })
})
