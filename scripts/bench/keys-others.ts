/** The same changes elsewhere: MLS in TypeScript (ts-mls), and a fresh key sealed to each member by itself. */
import { randomBytes } from 'node:crypto'
import {
  acceptAll,
  type CiphersuiteImpl,
  type ClientState,
  type Credential,
  createCommit,
  createGroup,
  defaultCapabilities,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  type MLSMessage,
  type Proposal,
  processMessage
} from 'ts-mls'
import { EMPTY } from '../../src/base/bytes.ts'
import { hpkeOpen, hpkeSeal } from '../../src/crypto/hpke.ts'
import { KEM, x25519KeyPair } from '../../src/crypto/kem.ts'
import { sign, signingKey, verify } from '../../src/crypto/sign.ts'

/** The suite that ts-mls runs on WebCrypto alone, and the closest to ours. */
export const MLS_SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'

/** A group of ts-mls: its one committer, and one other member that receives. */
export interface MlsGroup {
  readonly suite: CiphersuiteImpl
  readonly sender: ClientState
  readonly receiver: ClientState
  /** A key package of somebody outside. */
  readonly outsider: KeyPackages
  /** CPU ms and bytes of the commit that created it, and of joining by its welcome. */
  readonly creation: { readonly sendMs: number; readonly wireBytes: number; readonly receiveMs: number }
}

type KeyPackages = Awaited<ReturnType<typeof generateKeyPackage>>

/** CPU of the whole process, the thread pool included, in ms. */
export async function cpuMs(act: () => unknown): Promise<number> {
  const start = process.cpuUsage()
  await act()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}

async function packageOf(name: string, suite: CiphersuiteImpl): Promise<KeyPackages> {
  const credential: Credential = { credentialType: 'basic', identity: new TextEncoder().encode(name) }
  return generateKeyPackage(credential, defaultCapabilities(), defaultLifetime, [], suite)
}

const add = ({ publicPackage }: KeyPackages): Proposal => ({ proposalType: 'add', add: { keyPackage: publicPackage } })
const remove = (leaf: number): Proposal => ({ proposalType: 'remove', remove: { removed: leaf } })
const bytesOf = (message: MLSMessage): number => encodeMlsMessage(message).length

/** Creates a group by one commit that adds everybody, and lets one of them join it. */
export async function mlsGroup(members: number): Promise<MlsGroup> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(MLS_SUITE))
  const founder = await packageOf('founder', suite)
  const others = await Promise.all(Array.from({ length: members - 1 }, (_, i) => packageOf(`member ${i}`, suite)))
  const group = await createGroup(randomBytes(16), founder.publicPackage, founder.privatePackage, [], suite)
  let created: Awaited<ReturnType<typeof createCommit>> | undefined
  const sendMs = await cpuMs(async () => {
    created = await createCommit(
      { state: group, cipherSuite: suite },
      { extraProposals: others.map(add), ratchetTreeExtension: true }
    )
  })
  const { newState, commit, welcome } = created!
  let receiver: ClientState | undefined
  const receiveMs = await cpuMs(async () => {
    const { publicPackage, privatePackage } = others[0]!
    receiver = await joinGroup(welcome!, publicPackage, privatePackage, emptyPskIndex, suite)
  })
  const welcomeBytes = bytesOf({ wireformat: 'mls_welcome', version: 'mls10', welcome: welcome! })
  const creation = { sendMs, receiveMs, wireBytes: bytesOf(commit) + welcomeBytes }
  return { suite, sender: newState, receiver: receiver!, outsider: await packageOf('outsider', suite), creation }
}

/** One commit of these proposals, and its processing by the receiver; neither state moves on. */
export async function mlsChange(
  { suite, sender, receiver }: MlsGroup,
  proposals: Proposal[]
): Promise<{ sendMs: number; wireBytes: number; receiveMs: number }> {
  let made: Awaited<ReturnType<typeof createCommit>> | undefined
  const options = { extraProposals: proposals, wireAsPublicMessage: true }
  const sendMs = await cpuMs(async () => {
    made = await createCommit({ state: sender, cipherSuite: suite }, options)
  })
  const { commit, welcome } = made!
  if (commit.wireformat !== 'mls_public_message') throw new Error('a commit in the clear was asked for')
  const receiveMs = await cpuMs(() => processMessage(commit, receiver, emptyPskIndex, acceptAll, suite))
  const welcomeBytes = welcome === undefined ? 0 : bytesOf({ wireformat: 'mls_welcome', version: 'mls10', welcome })
  return { sendMs, wireBytes: bytesOf(commit) + welcomeBytes, receiveMs }
}

export const mlsRemoval = (leaves: readonly number[]): Proposal[] => leaves.map(remove)
export const mlsAdmission = (group: MlsGroup): Proposal[] => [add(group.outsider)]

/** A fresh key, sealed with HPKE (X25519) to each of so many members, and signed as a whole. */
export function flatSeals(members: number): { send: () => unknown; receive: () => unknown; wireBytes: number } {
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
  const pairs = Array.from({ length: Math.min(members, 1_000) }, () => x25519KeyPair(random(32)))
  const signer = signingKey(random(32))
  const info = random(64)
  const perMember = 32 + 32 + 16
  const send = (): Uint8Array => {
    const key = random(32)
    const bytes = new Uint8Array(perMember * members)
    for (let i = 0; i < members; i++) {
      const recipientPublicKey = pairs[i % pairs.length]!.publicKey
      const sealed = hpkeSeal({
        kem: KEM.X25519,
        recipientPublicKey,
        info,
        aad: EMPTY,
        plaintext: key,
        ephemeralSeed: random(32)
      })
      bytes.set(sealed!.enc, perMember * i)
      bytes.set(sealed!.ciphertext, perMember * i + 32)
    }
    sign(signer, bytes)
    return bytes
  }
  const bytes = send()
  const signature = sign(signer, bytes)
  const receive = (): void => {
    const enc = bytes.subarray(0, 32)
    const ciphertext = bytes.subarray(32, perMember)
    const opened = hpkeOpen({ recipient: pairs[0]!, enc, info, aad: EMPTY, ciphertext })
    if (!verify(signer.publicKey, bytes, signature) || opened === undefined) throw new Error('a seal did not open')
  }
  return { send, receive, wireBytes: bytes.length + 64 }
}
