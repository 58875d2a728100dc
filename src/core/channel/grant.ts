/**
 * The grant: a manager gives a requester the key of one epoch (protocol §6).
 *
 * HPKE in PSK mode: the KEM (X-Wing) to the requester's published prekey, the psk from a Diffie-Hellman of the request's
 * one-time key with an ephemeral one of the manager. So whoever takes all long-term keys later lacks the one-time half, and
 * whoever breaks X25519 later lacks the prekey's. Everything the grant is about stands in the HPKE info: the same box with
 * any of it changed does not open. Each box comes from fresh encapsulations, so no nonce repeats.
 */
import { EMPTY } from '../../base/bytes.ts'
import { type HpkePsk, hpkeOpen, hpkeSeal } from '../../crypto/hpke.ts'
import { hash, hkdfExtract } from '../../crypto/kdf.ts'
import { KEM, type KemKeyPair, x25519, x25519KeyPair } from '../../crypto/kem.ts'
import { framed, LABEL } from '../../crypto/labels.ts'
import { decodeStrict, pad, unpad } from '../../wire/codec.ts'
import { FRAME_BYTES, HASH_BYTES } from '../../wire/limits.ts'
import { DescriptorRef, type Grant, GrantContent, KeyId } from '../../wire/messages.ts'
import type { Prekey, PrekeyPair } from '../identity/prekeys.ts'
import { type Refusal, refuse } from '../reject.ts'

/** What a grant says in clear and is bound to. */
export type GrantTerms = Omit<Grant, 'attempt' | 'ephemeral' | 'enc' | 'sealed'>

/** Who gives to whom, where. */
export interface GrantParties {
  readonly channel: Uint8Array
  readonly manager: Uint8Array
  readonly requester: Uint8Array
}

/** Seals a grant; undefined when prekey or one-time key is unusable. */
export function sealGrant(
  terms: GrantTerms,
  parties: GrantParties,
  content: GrantContent,
  requester: Prekey,
  oneTimeKey: Uint8Array,
  attempt: number,
  random: (length: number) => Uint8Array
): Grant | undefined {
  const ephemeral = x25519KeyPair(random(32))
  const shared = x25519(ephemeral.seed.expose(), oneTimeKey)
  const psk = shared && pskOf(shared, oneTimeKey)
  const box =
    psk &&
    hpkeSeal({
      kem: KEM.X_WING,
      recipientPublicKey: requester.xwing,
      info: grantInfo(terms, parties, ephemeral.publicKey),
      aad: EMPTY,
      plaintext: pad(GrantContent.encode(content)),
      psk,
      ephemeralSeed: random(32)
    })
  const { publicKey } = ephemeral
  ephemeral.destroy()
  return box === undefined
    ? undefined
    : { ...terms, attempt, ephemeral: publicKey, enc: box.enc, sealed: box.ciphertext }
}

/**
 * Opens a grant.
 *
 * @param prekey - the pair that the requester's record names.
 * @param oneTimeKey - the pair made for this request.
 * @returns the content with path keys that fit leaf and depth, or.
 */
export function openGrant(
  grant: Grant,
  parties: GrantParties,
  prekey: PrekeyPair,
  oneTimeKey: KemKeyPair
): GrantContent | Refusal {
  const shared = x25519(oneTimeKey.seed.expose(), grant.ephemeral)
  if (shared === undefined) return refuse(604)
  const padded = hpkeOpen({
    recipient: prekey.xwing,
    enc: grant.enc,
    info: grantInfo(grant, parties, grant.ephemeral),
    aad: EMPTY,
    ciphertext: grant.sealed,
    psk: pskOf(shared, oneTimeKey.publicKey)
  })
  if (padded === undefined) return refuse(604)
  const bytes = unpad(padded)
  const content = bytes && decodeStrict(GrantContent, bytes, FRAME_BYTES)
  if (content === undefined) return refuse(605)
  const { epochSecret, init, control, pathKeys, leaf, depth } = content
  if (epochSecret.length === 0) {
    const isFooting =
      init.length === HASH_BYTES && control.length === HASH_BYTES && pathKeys.length + leaf + depth === 0
    return isFooting ? content : refuse(605)
  }
  if (epochSecret.length !== HASH_BYTES || init.length + control.length > 0) return refuse(605)
  const fits = content.pathKeys.length === (content.depth + 1) * HASH_BYTES && content.leaf < 2 ** content.depth
  return fits ? content : refuse(605)
}

function pskOf(shared: Uint8Array, oneTimeKey: Uint8Array): HpkePsk {
  const pskId = hash(LABEL.grantPskId, oneTimeKey)
  return { psk: hkdfExtract(pskId, shared), pskId }
}

function grantInfo(terms: GrantTerms, parties: GrantParties, ephemeral: Uint8Array): Uint8Array {
  return framed(
    LABEL.grantInfo,
    parties.channel,
    parties.manager,
    parties.requester,
    terms.request,
    terms.group,
    KeyId.encode(terms.key ?? {}),
    terms.transcript,
    terms.roster,
    terms.logHead,
    DescriptorRef.encode(terms.descriptor ?? {}),
    ephemeral
  )
}
