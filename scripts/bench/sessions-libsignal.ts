/**
 * The same by libsignal, when it is installed: `npm install --no-save @signalapp/libsignal-client` anywhere, and its folder
 * as `--libsignal`. It is under the AGPL, and no part of this project. Its ratchet has a post-quantum part of its own.
 */
import { randomBytes } from 'node:crypto'

/** As far as it is used here; the package is not there to bring its types. */
// biome-ignore lint/suspicious/noExplicitAny: a package that may not be there
type Library = any

/** One user with stores in memory; sessions are kept as they are, without being written down. */
interface User {
  readonly address: unknown
  readonly stores: Record<'session' | 'identity' | 'preKey' | 'signed' | 'kyber', unknown>
  readonly bundle: () => unknown
}

/** @returns undefined when it is not installed. */
export async function openLibsignal(path: string): Promise<Library | undefined> {
  try {
    return await import(path)
  } catch {
    return undefined
  }
}

function storesOf(lib: Library, key: unknown): User['stores'] {
  const map = new Map<string, unknown>()
  const put = (kind: string) => async (id: { toString(): string }, value: unknown) =>
    void map.set(`${kind} ${id}`, value)
  const get = (kind: string) => async (id: { toString(): string }) => map.get(`${kind} ${id}`) ?? null
  const addressed = (kind: string) => ({
    save: async (address: Library, value: unknown) => void map.set(`${kind} ${address.name()}`, value),
    get: async (address: Library) => map.get(`${kind} ${address.name()}`) ?? null
  })
  const sessions = addressed('session')
  const make = (base: Library, methods: object): unknown => Object.assign(Object.create(base.prototype), methods)
  return {
    session: make(lib.SessionStore, { saveSession: sessions.save, getSession: sessions.get }),
    identity: make(lib.IdentityKeyStore, {
      getIdentityKey: async () => key,
      getLocalRegistrationId: async () => 1,
      saveIdentity: async () => 0,
      isTrustedIdentity: async () => true,
      getIdentity: async () => null
    }),
    preKey: make(lib.PreKeyStore, { savePreKey: put('pre'), getPreKey: get('pre'), removePreKey: async () => {} }),
    signed: make(lib.SignedPreKeyStore, { saveSignedPreKey: put('signed'), getSignedPreKey: get('signed') }),
    kyber: make(lib.KyberPreKeyStore, {
      saveKyberPreKey: put('kyber'),
      getKyberPreKey: get('kyber'),
      markKyberPreKeyUsed: async () => {}
    })
  }
}

async function userOf(lib: Library, name: string): Promise<User> {
  const key = lib.PrivateKey.generate()
  const stores = storesOf(lib, key)
  const [preKey, signed] = [lib.PrivateKey.generate(), lib.PrivateKey.generate()]
  const kyber = lib.KEMKeyPair.generate()
  const signature = key.sign(signed.getPublicKey().serialize())
  const kyberSignature = key.sign(kyber.getPublicKey().serialize())
  const now = Date.now()
  const all = stores as Record<string, Library>
  await all['preKey'].savePreKey(1, lib.PreKeyRecord.new(1, preKey.getPublicKey(), preKey))
  await all['signed'].saveSignedPreKey(1, lib.SignedPreKeyRecord.new(1, now, signed.getPublicKey(), signed, signature))
  await all['kyber'].saveKyberPreKey(1, lib.KyberPreKeyRecord.new(1, now, kyber, kyberSignature))
  const bundle = (): unknown =>
    lib.PreKeyBundle.new(
      1,
      1,
      1,
      preKey.getPublicKey(),
      1,
      signed.getPublicKey(),
      signature,
      key.getPublicKey(),
      1,
      kyber.getPublicKey(),
      kyberSignature
    )
  return { address: lib.ProtocolAddress.new(name, 1), stores, bundle }
}

/** Two users of libsignal. */
export class LibsignalPair {
  readonly #lib: Library
  readonly #users: readonly [User, User]
  readonly #text: Uint8Array

  private constructor(lib: Library, users: readonly [User, User], bytes: number) {
    this.#lib = lib
    this.#users = users
    this.#text = new Uint8Array(randomBytes(bytes))
  }

  static async make(lib: Library, bytes: number): Promise<LibsignalPair> {
    const pair = new LibsignalPair(lib, [await userOf(lib, 'alice'), await userOf(lib, 'bob')], bytes)
    await pair.start()
    await pair.say(1)
    return pair
  }

  /** From the bundle to the first text on the other side. */
  async start(): Promise<void> {
    const [alice, bob] = this.#users
    const { session, identity } = alice.stores
    await this.#lib.processPreKeyBundle(bob.bundle(), bob.address, alice.address, session, identity)
    await this.say(0)
  }

  /** One text, sealed, as bytes, and opened. */
  async say(from: 0 | 1): Promise<void> {
    const lib = this.#lib
    const [self, other] = from === 0 ? this.#users : [this.#users[1], this.#users[0]]
    const { session, identity } = self.stores
    const sealed = await lib.signalEncrypt(this.#text, other.address, self.address, session, identity)
    const bytes = sealed.serialize()
    const to = other.stores
    if (sealed.type() === lib.CiphertextMessageType.PreKey) {
      const message = lib.PreKeySignalMessage.deserialize(bytes)
      await lib.signalDecryptPreKey(
        message,
        self.address,
        other.address,
        to.session,
        to.identity,
        to.preKey,
        to.signed,
        to.kyber
      )
    } else {
      const message = lib.SignalMessage.deserialize(bytes)
      await lib.signalDecrypt(message, self.address, other.address, to.session, to.identity)
    }
  }
}
