/** `conclave init` */
import type { Arguments } from '../arguments.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import { homeOf, newNick, newPassphrase } from '../home.ts'
import { HOME } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, output } = args
  const home = homeOf(options)
  const nick = await newNick(options)
  await refuseExisting(home)
  const passphrase = await newPassphrase(args, false)
  const { initHome } = await import('../../node/index.ts')
  const { shortFingerprint, userIdText } = await import('../../core/identity/user.ts')
  const identity = await initHome(home, passphrase, nick)
  const user = userIdText(identity.user)
  const protection = passphrase === undefined ? 'none' : 'passphrase'
  passphrase?.destroy()
  output.answer({ user, nick, fingerprint: shortFingerprint(identity.user), home, protection }, () =>
    HOME.made(displayText(nick), displayText(user), displayText(home, { lines: 1 }))
  )
  return EXIT.ok
}

/** Before anything is asked: a passphrase typed for nothing is an annoyance. `initHome` decides. */
async function refuseExisting(home: string): Promise<void> {
  const { UsageError } = await import('../../base/errors.ts')
  const { openVault } = await import('../../node/vault.ts')
  try {
    const { storeKey } = await openVault(home, undefined)
    storeKey.destroy()
  } catch (error) {
    if (error instanceof UsageError && error.code === 'NO_VAULT') return
    if (!(error instanceof UsageError) || error.code !== 'NO_PASSPHRASE') throw error
  }
  throw new UsageError('VAULT_EXISTS', HOME.exists(displayText(home, { lines: 1 })))
}
