import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Frame {
  author: Uint8Array
  body: Uint8Array
  signature: Uint8Array
  attachment: Uint8Array
}

export namespace Frame {
  let _codec: Codec<Frame>

  export const codec = (): Codec<Frame> => {
    if (_codec == null) {
      _codec = message<Frame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.author != null && obj.author.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.author)
        }

        if ((obj.body != null && obj.body.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.body)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signature)
        }

        if ((obj.attachment != null && obj.attachment.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.attachment)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          author: uint8ArrayAlloc(0),
          body: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0),
          attachment: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.author = reader.bytes()
              break
            }
            case 2: {
              obj.body = reader.bytes()
              break
            }
            case 3: {
              obj.signature = reader.bytes()
              break
            }
            case 4: {
              obj.attachment = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.author`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.body`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.attachment`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface FrameAuthorFieldEvent {
    field: '$.author'
    value: Uint8Array
  }

  export interface FrameBodyFieldEvent {
    field: '$.body'
    value: Uint8Array
  }

  export interface FrameSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array
  }

  export interface FrameAttachmentFieldEvent {
    field: '$.attachment'
    value: Uint8Array
  }

  export function encode (obj: Partial<Frame>): Uint8Array {
    return encodeMessage(obj, Frame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Frame>): Frame {
    return decodeMessage(buf, Frame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Frame>): Generator<FrameAuthorFieldEvent | FrameBodyFieldEvent | FrameSignatureFieldEvent | FrameAttachmentFieldEvent> {
    return streamMessage(buf, Frame.codec(), opts)
  }
}

export interface Body {
  message?: Message
  plainMessage?: PlainMessage
  keyRequest?: KeyRequest
  challenge?: Challenge
  challengeAnswer?: ChallengeAnswer
  grant?: Grant
  announcement?: Announcement
  chunk?: Chunk
  coSignature?: CoSignature
  heartbeat?: Heartbeat
  digest?: Digest
  statements?: StatementFrame
  publicKeyRequest?: PublicKeyRequest
  publicKeyAnswer?: PublicKeyAnswer
  session?: SessionFrame
  leave?: Leave
  alarm?: Alarm
  demand?: Demand
}

export namespace Body {
  let _codec: Codec<Body>

  export const codec = (): Codec<Body> => {
    if (_codec == null) {
      _codec = message<Body>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.demand != null) {
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.alarm != null) {
          obj.demand = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.leave != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.session != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.publicKeyAnswer != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.publicKeyRequest != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.statements != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.digest != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.heartbeat != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.coSignature != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.chunk != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.announcement != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.grant != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.challengeAnswer != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.challenge != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.keyRequest != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.plainMessage = undefined
          obj.message = undefined
        }

        if (obj.plainMessage != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.message = undefined
        }

        if (obj.message != null) {
          obj.demand = undefined
          obj.alarm = undefined
          obj.leave = undefined
          obj.session = undefined
          obj.publicKeyAnswer = undefined
          obj.publicKeyRequest = undefined
          obj.statements = undefined
          obj.digest = undefined
          obj.heartbeat = undefined
          obj.coSignature = undefined
          obj.chunk = undefined
          obj.announcement = undefined
          obj.grant = undefined
          obj.challengeAnswer = undefined
          obj.challenge = undefined
          obj.keyRequest = undefined
          obj.plainMessage = undefined
        }

        if (obj.message != null) {
          w.uint32(10)
          Message.codec().encode(obj.message, w)
        }

        if (obj.plainMessage != null) {
          w.uint32(18)
          PlainMessage.codec().encode(obj.plainMessage, w)
        }

        if (obj.keyRequest != null) {
          w.uint32(26)
          KeyRequest.codec().encode(obj.keyRequest, w)
        }

        if (obj.challenge != null) {
          w.uint32(34)
          Challenge.codec().encode(obj.challenge, w)
        }

        if (obj.challengeAnswer != null) {
          w.uint32(42)
          ChallengeAnswer.codec().encode(obj.challengeAnswer, w)
        }

        if (obj.grant != null) {
          w.uint32(50)
          Grant.codec().encode(obj.grant, w)
        }

        if (obj.announcement != null) {
          w.uint32(58)
          Announcement.codec().encode(obj.announcement, w)
        }

        if (obj.chunk != null) {
          w.uint32(66)
          Chunk.codec().encode(obj.chunk, w)
        }

        if (obj.coSignature != null) {
          w.uint32(74)
          CoSignature.codec().encode(obj.coSignature, w)
        }

        if (obj.heartbeat != null) {
          w.uint32(82)
          Heartbeat.codec().encode(obj.heartbeat, w)
        }

        if (obj.digest != null) {
          w.uint32(90)
          Digest.codec().encode(obj.digest, w)
        }

        if (obj.statements != null) {
          w.uint32(98)
          StatementFrame.codec().encode(obj.statements, w)
        }

        if (obj.publicKeyRequest != null) {
          w.uint32(106)
          PublicKeyRequest.codec().encode(obj.publicKeyRequest, w)
        }

        if (obj.publicKeyAnswer != null) {
          w.uint32(114)
          PublicKeyAnswer.codec().encode(obj.publicKeyAnswer, w)
        }

        if (obj.session != null) {
          w.uint32(122)
          SessionFrame.codec().encode(obj.session, w)
        }

        if (obj.leave != null) {
          w.uint32(130)
          Leave.codec().encode(obj.leave, w)
        }

        if (obj.alarm != null) {
          w.uint32(138)
          Alarm.codec().encode(obj.alarm, w)
        }

        if (obj.demand != null) {
          w.uint32(146)
          Demand.codec().encode(obj.demand, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.message = Message.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.message
              })
              break
            }
            case 2: {
              obj.plainMessage = PlainMessage.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.plainMessage
              })
              break
            }
            case 3: {
              obj.keyRequest = KeyRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.keyRequest
              })
              break
            }
            case 4: {
              obj.challenge = Challenge.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.challenge
              })
              break
            }
            case 5: {
              obj.challengeAnswer = ChallengeAnswer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.challengeAnswer
              })
              break
            }
            case 6: {
              obj.grant = Grant.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.grant
              })
              break
            }
            case 7: {
              obj.announcement = Announcement.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.announcement
              })
              break
            }
            case 8: {
              obj.chunk = Chunk.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.chunk
              })
              break
            }
            case 9: {
              obj.coSignature = CoSignature.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.coSignature
              })
              break
            }
            case 10: {
              obj.heartbeat = Heartbeat.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.heartbeat
              })
              break
            }
            case 11: {
              obj.digest = Digest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.digest
              })
              break
            }
            case 12: {
              obj.statements = StatementFrame.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.statements
              })
              break
            }
            case 13: {
              obj.publicKeyRequest = PublicKeyRequest.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.publicKeyRequest
              })
              break
            }
            case 14: {
              obj.publicKeyAnswer = PublicKeyAnswer.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.publicKeyAnswer
              })
              break
            }
            case 15: {
              obj.session = SessionFrame.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.session
              })
              break
            }
            case 16: {
              obj.leave = Leave.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.leave
              })
              break
            }
            case 17: {
              obj.alarm = Alarm.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.alarm
              })
              break
            }
            case 18: {
              obj.demand = Demand.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.demand
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.demand != null) {
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.alarm != null) {
          delete obj.demand
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.leave != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.session != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.publicKeyAnswer != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.publicKeyRequest != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.statements != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.digest != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.heartbeat != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.coSignature != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.chunk != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.announcement != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.grant != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.challengeAnswer != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.challenge != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.keyRequest
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.keyRequest != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.plainMessage
          delete obj.message
        }

        if (obj.plainMessage != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.message
        }

        if (obj.message != null) {
          delete obj.demand
          delete obj.alarm
          delete obj.leave
          delete obj.session
          delete obj.publicKeyAnswer
          delete obj.publicKeyRequest
          delete obj.statements
          delete obj.digest
          delete obj.heartbeat
          delete obj.coSignature
          delete obj.chunk
          delete obj.announcement
          delete obj.grant
          delete obj.challengeAnswer
          delete obj.challenge
          delete obj.keyRequest
          delete obj.plainMessage
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * Message.codec().stream(reader, reader.uint32(), `${prefix}.message`, {
                limits: opts.limits?.message
              })

              break
            }
            case 2: {
              yield * PlainMessage.codec().stream(reader, reader.uint32(), `${prefix}.plainMessage`, {
                limits: opts.limits?.plainMessage
              })

              break
            }
            case 3: {
              yield * KeyRequest.codec().stream(reader, reader.uint32(), `${prefix}.keyRequest`, {
                limits: opts.limits?.keyRequest
              })

              break
            }
            case 4: {
              yield * Challenge.codec().stream(reader, reader.uint32(), `${prefix}.challenge`, {
                limits: opts.limits?.challenge
              })

              break
            }
            case 5: {
              yield * ChallengeAnswer.codec().stream(reader, reader.uint32(), `${prefix}.challengeAnswer`, {
                limits: opts.limits?.challengeAnswer
              })

              break
            }
            case 6: {
              yield * Grant.codec().stream(reader, reader.uint32(), `${prefix}.grant`, {
                limits: opts.limits?.grant
              })

              break
            }
            case 7: {
              yield * Announcement.codec().stream(reader, reader.uint32(), `${prefix}.announcement`, {
                limits: opts.limits?.announcement
              })

              break
            }
            case 8: {
              yield * Chunk.codec().stream(reader, reader.uint32(), `${prefix}.chunk`, {
                limits: opts.limits?.chunk
              })

              break
            }
            case 9: {
              yield * CoSignature.codec().stream(reader, reader.uint32(), `${prefix}.coSignature`, {
                limits: opts.limits?.coSignature
              })

              break
            }
            case 10: {
              yield * Heartbeat.codec().stream(reader, reader.uint32(), `${prefix}.heartbeat`, {
                limits: opts.limits?.heartbeat
              })

              break
            }
            case 11: {
              yield * Digest.codec().stream(reader, reader.uint32(), `${prefix}.digest`, {
                limits: opts.limits?.digest
              })

              break
            }
            case 12: {
              yield * StatementFrame.codec().stream(reader, reader.uint32(), `${prefix}.statements`, {
                limits: opts.limits?.statements
              })

              break
            }
            case 13: {
              yield * PublicKeyRequest.codec().stream(reader, reader.uint32(), `${prefix}.publicKeyRequest`, {
                limits: opts.limits?.publicKeyRequest
              })

              break
            }
            case 14: {
              yield * PublicKeyAnswer.codec().stream(reader, reader.uint32(), `${prefix}.publicKeyAnswer`, {
                limits: opts.limits?.publicKeyAnswer
              })

              break
            }
            case 15: {
              yield * SessionFrame.codec().stream(reader, reader.uint32(), `${prefix}.session`, {
                limits: opts.limits?.session
              })

              break
            }
            case 16: {
              yield * Leave.codec().stream(reader, reader.uint32(), `${prefix}.leave`, {
                limits: opts.limits?.leave
              })

              break
            }
            case 17: {
              yield * Alarm.codec().stream(reader, reader.uint32(), `${prefix}.alarm`, {
                limits: opts.limits?.alarm
              })

              break
            }
            case 18: {
              yield * Demand.codec().stream(reader, reader.uint32(), `${prefix}.demand`, {
                limits: opts.limits?.demand
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface BodyMessageGroupFieldEvent {
    field: '$.message.group'
    value: Uint8Array
  }

  export interface BodyMessageKeyTermFieldEvent {
    field: '$.message.key.term'
    value: number
  }

  export interface BodyMessageKeySerialFieldEvent {
    field: '$.message.key.serial'
    value: number
  }

  export interface BodyMessageKeyCommitmentFieldEvent {
    field: '$.message.key.commitment'
    value: Uint8Array
  }

  export interface BodyMessageDeviceFieldEvent {
    field: '$.message.device'
    value: number
  }

  export interface BodyMessageBootFieldEvent {
    field: '$.message.boot'
    value: Uint8Array
  }

  export interface BodyMessageCounterFieldEvent {
    field: '$.message.counter'
    value: number
  }

  export interface BodyMessagePreviousFieldEvent {
    field: '$.message.previous'
    value: Uint8Array
  }

  export interface BodyMessageLamportFieldEvent {
    field: '$.message.lamport'
    value: number
  }

  export interface BodyMessageDescriptorFieldEvent {
    field: '$.message.descriptor'
    value: Uint8Array
  }

  export interface BodyMessageLogHeadFieldEvent {
    field: '$.message.logHead'
    value: Uint8Array
  }

  export interface BodyMessageCommitmentFieldEvent {
    field: '$.message.commitment'
    value: Uint8Array
  }

  export interface BodyMessageSealedFieldEvent {
    field: '$.message.sealed'
    value: Uint8Array
  }

  export interface BodyPlainMessageGroupFieldEvent {
    field: '$.plainMessage.group'
    value: Uint8Array
  }

  export interface BodyPlainMessageDeviceFieldEvent {
    field: '$.plainMessage.device'
    value: number
  }

  export interface BodyPlainMessageBootFieldEvent {
    field: '$.plainMessage.boot'
    value: Uint8Array
  }

  export interface BodyPlainMessageCounterFieldEvent {
    field: '$.plainMessage.counter'
    value: number
  }

  export interface BodyPlainMessagePreviousFieldEvent {
    field: '$.plainMessage.previous'
    value: Uint8Array
  }

  export interface BodyPlainMessageLamportFieldEvent {
    field: '$.plainMessage.lamport'
    value: number
  }

  export interface BodyPlainMessageDescriptorFieldEvent {
    field: '$.plainMessage.descriptor'
    value: Uint8Array
  }

  export interface BodyPlainMessageContentWrittenAtFieldEvent {
    field: '$.plainMessage.content.writtenAt'
    value: number
  }

  export interface BodyPlainMessageContentTextTextFieldEvent {
    field: '$.plainMessage.content.text.text'
    value: string
  }

  export interface BodyPlainMessageContentTextReplyToFieldEvent {
    field: '$.plainMessage.content.text.replyTo'
    value: Uint8Array
  }

  export interface BodyPlainMessageContentTextIsActionFieldEvent {
    field: '$.plainMessage.content.text.isAction'
    value: boolean
  }

  export interface BodyPlainMessageContentEditTargetFieldEvent {
    field: '$.plainMessage.content.edit.target'
    value: Uint8Array
  }

  export interface BodyPlainMessageContentEditTextFieldEvent {
    field: '$.plainMessage.content.edit.text'
    value: string
  }

  export interface BodyPlainMessageContentDeletionTargetFieldEvent {
    field: '$.plainMessage.content.deletion.target'
    value: Uint8Array
  }

  export interface BodyPlainMessageContentReactionTargetFieldEvent {
    field: '$.plainMessage.content.reaction.target'
    value: Uint8Array
  }

  export interface BodyPlainMessageContentReactionEmojiFieldEvent {
    field: '$.plainMessage.content.reaction.emoji'
    value: string
  }

  export interface BodyPlainMessageContentReactionIsWithdrawnFieldEvent {
    field: '$.plainMessage.content.reaction.isWithdrawn'
    value: boolean
  }

  export interface BodyPlainMessageContentReplacesFieldEvent {
    field: '$.plainMessage.content.replaces'
    value: Uint8Array
  }

  export interface BodyKeyRequestPrekeyFieldEvent {
    field: '$.keyRequest.prekey'
    value: Uint8Array
  }

  export interface BodyKeyRequestAttemptFieldEvent {
    field: '$.keyRequest.attempt'
    value: number
  }

  export interface BodyKeyRequestEncFieldEvent {
    field: '$.keyRequest.enc'
    value: Uint8Array
  }

  export interface BodyKeyRequestSealedFieldEvent {
    field: '$.keyRequest.sealed'
    value: Uint8Array
  }

  export interface BodyChallengeRequestFieldEvent {
    field: '$.challenge.request'
    value: Uint8Array
  }

  export interface BodyChallengeAttemptFieldEvent {
    field: '$.challenge.attempt'
    value: number
  }

  export interface BodyChallengeEncFieldEvent {
    field: '$.challenge.enc'
    value: Uint8Array
  }

  export interface BodyChallengeSealedFieldEvent {
    field: '$.challenge.sealed'
    value: Uint8Array
  }

  export interface BodyChallengeAnswerPrekeyFieldEvent {
    field: '$.challengeAnswer.prekey'
    value: Uint8Array
  }

  export interface BodyChallengeAnswerAttemptFieldEvent {
    field: '$.challengeAnswer.attempt'
    value: number
  }

  export interface BodyChallengeAnswerEncFieldEvent {
    field: '$.challengeAnswer.enc'
    value: Uint8Array
  }

  export interface BodyChallengeAnswerSealedFieldEvent {
    field: '$.challengeAnswer.sealed'
    value: Uint8Array
  }

  export interface BodyGrantRequestFieldEvent {
    field: '$.grant.request'
    value: Uint8Array
  }

  export interface BodyGrantAttemptFieldEvent {
    field: '$.grant.attempt'
    value: number
  }

  export interface BodyGrantGroupFieldEvent {
    field: '$.grant.group'
    value: Uint8Array
  }

  export interface BodyGrantKeyTermFieldEvent {
    field: '$.grant.key.term'
    value: number
  }

  export interface BodyGrantKeySerialFieldEvent {
    field: '$.grant.key.serial'
    value: number
  }

  export interface BodyGrantKeyCommitmentFieldEvent {
    field: '$.grant.key.commitment'
    value: Uint8Array
  }

  export interface BodyGrantTranscriptFieldEvent {
    field: '$.grant.transcript'
    value: Uint8Array
  }

  export interface BodyGrantRosterFieldEvent {
    field: '$.grant.roster'
    value: Uint8Array
  }

  export interface BodyGrantLogHeadFieldEvent {
    field: '$.grant.logHead'
    value: Uint8Array
  }

  export interface BodyGrantDescriptorVersionFieldEvent {
    field: '$.grant.descriptor.version'
    value: number
  }

  export interface BodyGrantDescriptorHashFieldEvent {
    field: '$.grant.descriptor.hash'
    value: Uint8Array
  }

  export interface BodyGrantEphemeralFieldEvent {
    field: '$.grant.ephemeral'
    value: Uint8Array
  }

  export interface BodyGrantEncFieldEvent {
    field: '$.grant.enc'
    value: Uint8Array
  }

  export interface BodyGrantSealedFieldEvent {
    field: '$.grant.sealed'
    value: Uint8Array
  }

  export interface BodyAnnouncementGroupFieldEvent {
    field: '$.announcement.group'
    value: Uint8Array
  }

  export interface BodyAnnouncementKeyTermFieldEvent {
    field: '$.announcement.key.term'
    value: number
  }

  export interface BodyAnnouncementKeySerialFieldEvent {
    field: '$.announcement.key.serial'
    value: number
  }

  export interface BodyAnnouncementKeyCommitmentFieldEvent {
    field: '$.announcement.key.commitment'
    value: Uint8Array
  }

  export interface BodyAnnouncementRosterFieldEvent {
    field: '$.announcement.roster'
    value: Uint8Array
  }

  export interface BodyAnnouncementLogHeadFieldEvent {
    field: '$.announcement.logHead'
    value: Uint8Array
  }

  export interface BodyAnnouncementDescriptorVersionFieldEvent {
    field: '$.announcement.descriptor.version'
    value: number
  }

  export interface BodyAnnouncementDescriptorHashFieldEvent {
    field: '$.announcement.descriptor.hash'
    value: Uint8Array
  }

  export interface BodyAnnouncementPreviousFieldEvent {
    field: '$.announcement.previous'
    value: Uint8Array
  }

  export interface BodyAnnouncementReasonFieldEvent {
    field: '$.announcement.reason'
    value: Reason
  }

  export interface BodyAnnouncementNotAfterFieldEvent {
    field: '$.announcement.notAfter'
    value: number
  }

  export interface BodyAnnouncementPayloadFieldEvent {
    field: '$.announcement.payload'
    value: Uint8Array
  }

  export interface BodyAnnouncementChunksFieldEvent {
    field: '$.announcement.chunks[]'
    index: number
    value: Uint8Array
  }

  export interface BodyAnnouncementBaseTermFieldEvent {
    field: '$.announcement.base.term'
    value: number
  }

  export interface BodyAnnouncementBaseSerialFieldEvent {
    field: '$.announcement.base.serial'
    value: number
  }

  export interface BodyAnnouncementBaseCommitmentFieldEvent {
    field: '$.announcement.base.commitment'
    value: Uint8Array
  }

  export interface BodyChunkAnnouncementFieldEvent {
    field: '$.chunk.announcement'
    value: Uint8Array
  }

  export interface BodyChunkIndexFieldEvent {
    field: '$.chunk.index'
    value: number
  }

  export interface BodyChunkDataFieldEvent {
    field: '$.chunk.data'
    value: Uint8Array
  }

  export interface BodyCoSignatureAnnouncementFieldEvent {
    field: '$.coSignature.announcement'
    value: Uint8Array
  }

  export interface BodyCoSignatureTermFieldEvent {
    field: '$.coSignature.term'
    value: number
  }

  export interface BodyCoSignatureSerialFieldEvent {
    field: '$.coSignature.serial'
    value: number
  }

  export interface BodyCoSignatureSignatureFieldEvent {
    field: '$.coSignature.signature'
    value: Uint8Array
  }

  export interface BodyCoSignaturePromisedTermFieldEvent {
    field: '$.coSignature.promisedTerm'
    value: number
  }

  export interface BodyCoSignaturePromisedSerialFieldEvent {
    field: '$.coSignature.promisedSerial'
    value: number
  }

  export interface BodyCoSignatureAttemptFieldEvent {
    field: '$.coSignature.attempt'
    value: number
  }

  export interface BodyHeartbeatGroupFieldEvent {
    field: '$.heartbeat.group'
    value: Uint8Array
  }

  export interface BodyHeartbeatTermFieldEvent {
    field: '$.heartbeat.term'
    value: number
  }

  export interface BodyHeartbeatCounterFieldEvent {
    field: '$.heartbeat.counter'
    value: number
  }

  export interface BodyHeartbeatAnnouncementFieldEvent {
    field: '$.heartbeat.announcement'
    value: Uint8Array
  }

  export interface BodyHeartbeatLogHeadFieldEvent {
    field: '$.heartbeat.logHead'
    value: Uint8Array
  }

  export interface BodyHeartbeatDescriptorVersionFieldEvent {
    field: '$.heartbeat.descriptor.version'
    value: number
  }

  export interface BodyHeartbeatDescriptorHashFieldEvent {
    field: '$.heartbeat.descriptor.hash'
    value: Uint8Array
  }

  export interface BodyHeartbeatIsBackedFieldEvent {
    field: '$.heartbeat.isBacked'
    value: boolean
  }

  export interface BodyHeartbeatBootFieldEvent {
    field: '$.heartbeat.boot'
    value: Uint8Array
  }

  export interface BodyHeartbeatIsFollowingFieldEvent {
    field: '$.heartbeat.isFollowing'
    value: boolean
  }

  export interface BodyDigestKeyTermFieldEvent {
    field: '$.digest.key.term'
    value: number
  }

  export interface BodyDigestKeySerialFieldEvent {
    field: '$.digest.key.serial'
    value: number
  }

  export interface BodyDigestKeyCommitmentFieldEvent {
    field: '$.digest.key.commitment'
    value: Uint8Array
  }

  export interface BodyDigestSealedFieldEvent {
    field: '$.digest.sealed'
    value: Uint8Array
  }

  export interface BodyStatementsKeyTermFieldEvent {
    field: '$.statements.key.term'
    value: number
  }

  export interface BodyStatementsKeySerialFieldEvent {
    field: '$.statements.key.serial'
    value: number
  }

  export interface BodyStatementsKeyCommitmentFieldEvent {
    field: '$.statements.key.commitment'
    value: Uint8Array
  }

  export interface BodyStatementsSealedFieldEvent {
    field: '$.statements.sealed'
    value: Uint8Array
  }

  export interface BodyPublicKeyRequestKeyTermFieldEvent {
    field: '$.publicKeyRequest.key.term'
    value: number
  }

  export interface BodyPublicKeyRequestKeySerialFieldEvent {
    field: '$.publicKeyRequest.key.serial'
    value: number
  }

  export interface BodyPublicKeyRequestKeyCommitmentFieldEvent {
    field: '$.publicKeyRequest.key.commitment'
    value: Uint8Array
  }

  export interface BodyPublicKeyRequestSealedFieldEvent {
    field: '$.publicKeyRequest.sealed'
    value: Uint8Array
  }

  export interface BodyPublicKeyAnswerRequestFieldEvent {
    field: '$.publicKeyAnswer.request'
    value: Uint8Array
  }

  export interface BodyPublicKeyAnswerEncFieldEvent {
    field: '$.publicKeyAnswer.enc'
    value: Uint8Array
  }

  export interface BodyPublicKeyAnswerSealedFieldEvent {
    field: '$.publicKeyAnswer.sealed'
    value: Uint8Array
  }

  export interface BodySessionTagFieldEvent {
    field: '$.session.tag'
    value: Uint8Array
  }

  export interface BodySessionStartEncFieldEvent {
    field: '$.session.start.enc'
    value: Uint8Array
  }

  export interface BodySessionStartSealedFieldEvent {
    field: '$.session.start.sealed'
    value: Uint8Array
  }

  export interface BodySessionHeaderFieldEvent {
    field: '$.session.header'
    value: Uint8Array
  }

  export interface BodySessionSealedFieldEvent {
    field: '$.session.sealed'
    value: Uint8Array
  }

  export interface BodySessionAttemptFieldEvent {
    field: '$.session.attempt'
    value: number
  }

  export interface BodySessionLamportFieldEvent {
    field: '$.session.lamport'
    value: number
  }

  export interface BodyLeaveGroupFieldEvent {
    field: '$.leave.group'
    value: Uint8Array
  }

  export interface BodyLeaveBootFieldEvent {
    field: '$.leave.boot'
    value: Uint8Array
  }

  export interface BodyLeaveCounterFieldEvent {
    field: '$.leave.counter'
    value: number
  }

  export interface BodyAlarmFirstFieldEvent {
    field: '$.alarm.first'
    value: Uint8Array
  }

  export interface BodyAlarmSecondFieldEvent {
    field: '$.alarm.second'
    value: Uint8Array
  }

  export interface BodyAlarmAtFieldEvent {
    field: '$.alarm.at'
    value: number
  }

  export interface BodyDemandKeyTermFieldEvent {
    field: '$.demand.key.term'
    value: number
  }

  export interface BodyDemandKeySerialFieldEvent {
    field: '$.demand.key.serial'
    value: number
  }

  export interface BodyDemandKeyCommitmentFieldEvent {
    field: '$.demand.key.commitment'
    value: Uint8Array
  }

  export interface BodyDemandSealedFieldEvent {
    field: '$.demand.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<Body>): Uint8Array {
    return encodeMessage(obj, Body.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Body>): Body {
    return decodeMessage(buf, Body.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Body>): Generator<BodyMessageGroupFieldEvent | BodyMessageKeyTermFieldEvent | BodyMessageKeySerialFieldEvent | BodyMessageKeyCommitmentFieldEvent | BodyMessageDeviceFieldEvent | BodyMessageBootFieldEvent | BodyMessageCounterFieldEvent | BodyMessagePreviousFieldEvent | BodyMessageLamportFieldEvent | BodyMessageDescriptorFieldEvent | BodyMessageLogHeadFieldEvent | BodyMessageCommitmentFieldEvent | BodyMessageSealedFieldEvent | BodyPlainMessageGroupFieldEvent | BodyPlainMessageDeviceFieldEvent | BodyPlainMessageBootFieldEvent | BodyPlainMessageCounterFieldEvent | BodyPlainMessagePreviousFieldEvent | BodyPlainMessageLamportFieldEvent | BodyPlainMessageDescriptorFieldEvent | BodyPlainMessageContentWrittenAtFieldEvent | BodyPlainMessageContentTextTextFieldEvent | BodyPlainMessageContentTextReplyToFieldEvent | BodyPlainMessageContentTextIsActionFieldEvent | BodyPlainMessageContentEditTargetFieldEvent | BodyPlainMessageContentEditTextFieldEvent | BodyPlainMessageContentDeletionTargetFieldEvent | BodyPlainMessageContentReactionTargetFieldEvent | BodyPlainMessageContentReactionEmojiFieldEvent | BodyPlainMessageContentReactionIsWithdrawnFieldEvent | BodyPlainMessageContentReplacesFieldEvent | BodyKeyRequestPrekeyFieldEvent | BodyKeyRequestAttemptFieldEvent | BodyKeyRequestEncFieldEvent | BodyKeyRequestSealedFieldEvent | BodyChallengeRequestFieldEvent | BodyChallengeAttemptFieldEvent | BodyChallengeEncFieldEvent | BodyChallengeSealedFieldEvent | BodyChallengeAnswerPrekeyFieldEvent | BodyChallengeAnswerAttemptFieldEvent | BodyChallengeAnswerEncFieldEvent | BodyChallengeAnswerSealedFieldEvent | BodyGrantRequestFieldEvent | BodyGrantAttemptFieldEvent | BodyGrantGroupFieldEvent | BodyGrantKeyTermFieldEvent | BodyGrantKeySerialFieldEvent | BodyGrantKeyCommitmentFieldEvent | BodyGrantTranscriptFieldEvent | BodyGrantRosterFieldEvent | BodyGrantLogHeadFieldEvent | BodyGrantDescriptorVersionFieldEvent | BodyGrantDescriptorHashFieldEvent | BodyGrantEphemeralFieldEvent | BodyGrantEncFieldEvent | BodyGrantSealedFieldEvent | BodyAnnouncementGroupFieldEvent | BodyAnnouncementKeyTermFieldEvent | BodyAnnouncementKeySerialFieldEvent | BodyAnnouncementKeyCommitmentFieldEvent | BodyAnnouncementRosterFieldEvent | BodyAnnouncementLogHeadFieldEvent | BodyAnnouncementDescriptorVersionFieldEvent | BodyAnnouncementDescriptorHashFieldEvent | BodyAnnouncementPreviousFieldEvent | BodyAnnouncementReasonFieldEvent | BodyAnnouncementNotAfterFieldEvent | BodyAnnouncementPayloadFieldEvent | BodyAnnouncementChunksFieldEvent | BodyAnnouncementBaseTermFieldEvent | BodyAnnouncementBaseSerialFieldEvent | BodyAnnouncementBaseCommitmentFieldEvent | BodyChunkAnnouncementFieldEvent | BodyChunkIndexFieldEvent | BodyChunkDataFieldEvent | BodyCoSignatureAnnouncementFieldEvent | BodyCoSignatureTermFieldEvent | BodyCoSignatureSerialFieldEvent | BodyCoSignatureSignatureFieldEvent | BodyCoSignaturePromisedTermFieldEvent | BodyCoSignaturePromisedSerialFieldEvent | BodyCoSignatureAttemptFieldEvent | BodyHeartbeatGroupFieldEvent | BodyHeartbeatTermFieldEvent | BodyHeartbeatCounterFieldEvent | BodyHeartbeatAnnouncementFieldEvent | BodyHeartbeatLogHeadFieldEvent | BodyHeartbeatDescriptorVersionFieldEvent | BodyHeartbeatDescriptorHashFieldEvent | BodyHeartbeatIsBackedFieldEvent | BodyHeartbeatBootFieldEvent | BodyHeartbeatIsFollowingFieldEvent | BodyDigestKeyTermFieldEvent | BodyDigestKeySerialFieldEvent | BodyDigestKeyCommitmentFieldEvent | BodyDigestSealedFieldEvent | BodyStatementsKeyTermFieldEvent | BodyStatementsKeySerialFieldEvent | BodyStatementsKeyCommitmentFieldEvent | BodyStatementsSealedFieldEvent | BodyPublicKeyRequestKeyTermFieldEvent | BodyPublicKeyRequestKeySerialFieldEvent | BodyPublicKeyRequestKeyCommitmentFieldEvent | BodyPublicKeyRequestSealedFieldEvent | BodyPublicKeyAnswerRequestFieldEvent | BodyPublicKeyAnswerEncFieldEvent | BodyPublicKeyAnswerSealedFieldEvent | BodySessionTagFieldEvent | BodySessionStartEncFieldEvent | BodySessionStartSealedFieldEvent | BodySessionHeaderFieldEvent | BodySessionSealedFieldEvent | BodySessionAttemptFieldEvent | BodySessionLamportFieldEvent | BodyLeaveGroupFieldEvent | BodyLeaveBootFieldEvent | BodyLeaveCounterFieldEvent | BodyAlarmFirstFieldEvent | BodyAlarmSecondFieldEvent | BodyAlarmAtFieldEvent | BodyDemandKeyTermFieldEvent | BodyDemandKeySerialFieldEvent | BodyDemandKeyCommitmentFieldEvent | BodyDemandSealedFieldEvent> {
    return streamMessage(buf, Body.codec(), opts)
  }
}

export interface KeyId {
  term: number
  serial: number
  commitment: Uint8Array
}

export namespace KeyId {
  let _codec: Codec<KeyId>

  export const codec = (): Codec<KeyId> => {
    if (_codec == null) {
      _codec = message<KeyId>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.term)
        }

        if ((obj.serial != null && obj.serial !== 0)) {
          w.uint32(16)
          w.uint32(obj.serial)
        }

        if ((obj.commitment != null && obj.commitment.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.commitment)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          term: 0,
          serial: 0,
          commitment: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.term = reader.uint64Number()
              break
            }
            case 2: {
              obj.serial = reader.uint32()
              break
            }
            case 3: {
              obj.commitment = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.serial`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.commitment`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface KeyIdTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface KeyIdSerialFieldEvent {
    field: '$.serial'
    value: number
  }

  export interface KeyIdCommitmentFieldEvent {
    field: '$.commitment'
    value: Uint8Array
  }

  export function encode (obj: Partial<KeyId>): Uint8Array {
    return encodeMessage(obj, KeyId.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KeyId>): KeyId {
    return decodeMessage(buf, KeyId.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KeyId>): Generator<KeyIdTermFieldEvent | KeyIdSerialFieldEvent | KeyIdCommitmentFieldEvent> {
    return streamMessage(buf, KeyId.codec(), opts)
  }
}

export interface DescriptorRef {
  version: number
  hash: Uint8Array
}

export namespace DescriptorRef {
  let _codec: Codec<DescriptorRef>

  export const codec = (): Codec<DescriptorRef> => {
    if (_codec == null) {
      _codec = message<DescriptorRef>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(8)
          w.uint32(obj.version)
        }

        if ((obj.hash != null && obj.hash.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.hash)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          version: 0,
          hash: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.version = reader.uint32()
              break
            }
            case 2: {
              obj.hash = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.hash`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DescriptorRefVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface DescriptorRefHashFieldEvent {
    field: '$.hash'
    value: Uint8Array
  }

  export function encode (obj: Partial<DescriptorRef>): Uint8Array {
    return encodeMessage(obj, DescriptorRef.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorRef>): DescriptorRef {
    return decodeMessage(buf, DescriptorRef.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorRef>): Generator<DescriptorRefVersionFieldEvent | DescriptorRefHashFieldEvent> {
    return streamMessage(buf, DescriptorRef.codec(), opts)
  }
}

export interface Message {
  group: Uint8Array
  key?: KeyId
  device: number
  boot: Uint8Array
  counter: number
  previous: Uint8Array
  lamport: number
  descriptor: Uint8Array
  logHead: Uint8Array
  commitment: Uint8Array
  sealed: Uint8Array
}

export namespace Message {
  let _codec: Codec<Message>

  export const codec = (): Codec<Message> => {
    if (_codec == null) {
      _codec = message<Message>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if (obj.key != null) {
          w.uint32(18)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.device != null && obj.device !== 0)) {
          w.uint32(24)
          w.uint32(obj.device)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.boot)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.counter)
        }

        if ((obj.previous != null && obj.previous.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.previous)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.lamport)
        }

        if ((obj.descriptor != null && obj.descriptor.byteLength > 0)) {
          w.uint32(66)
          w.bytes(obj.descriptor)
        }

        if ((obj.logHead != null && obj.logHead.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.logHead)
        }

        if ((obj.commitment != null && obj.commitment.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.commitment)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(90)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          device: 0,
          boot: uint8ArrayAlloc(0),
          counter: 0,
          previous: uint8ArrayAlloc(0),
          lamport: 0,
          descriptor: uint8ArrayAlloc(0),
          logHead: uint8ArrayAlloc(0),
          commitment: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.bytes()
              break
            }
            case 2: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 3: {
              obj.device = reader.uint32()
              break
            }
            case 4: {
              obj.boot = reader.bytes()
              break
            }
            case 5: {
              obj.counter = reader.uint64Number()
              break
            }
            case 6: {
              obj.previous = reader.bytes()
              break
            }
            case 7: {
              obj.lamport = reader.uint64Number()
              break
            }
            case 8: {
              obj.descriptor = reader.bytes()
              break
            }
            case 9: {
              obj.logHead = reader.bytes()
              break
            }
            case 10: {
              obj.commitment = reader.bytes()
              break
            }
            case 11: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.device`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.previous`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.lamport`,
                value: reader.uint64Number()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.descriptor`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.logHead`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.commitment`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface MessageGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface MessageKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface MessageKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface MessageKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface MessageDeviceFieldEvent {
    field: '$.device'
    value: number
  }

  export interface MessageBootFieldEvent {
    field: '$.boot'
    value: Uint8Array
  }

  export interface MessageCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export interface MessagePreviousFieldEvent {
    field: '$.previous'
    value: Uint8Array
  }

  export interface MessageLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface MessageDescriptorFieldEvent {
    field: '$.descriptor'
    value: Uint8Array
  }

  export interface MessageLogHeadFieldEvent {
    field: '$.logHead'
    value: Uint8Array
  }

  export interface MessageCommitmentFieldEvent {
    field: '$.commitment'
    value: Uint8Array
  }

  export interface MessageSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<Message>): Uint8Array {
    return encodeMessage(obj, Message.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Message {
    return decodeMessage(buf, Message.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Message>): Generator<MessageGroupFieldEvent | MessageKeyTermFieldEvent | MessageKeySerialFieldEvent | MessageKeyCommitmentFieldEvent | MessageDeviceFieldEvent | MessageBootFieldEvent | MessageCounterFieldEvent | MessagePreviousFieldEvent | MessageLamportFieldEvent | MessageDescriptorFieldEvent | MessageLogHeadFieldEvent | MessageCommitmentFieldEvent | MessageSealedFieldEvent> {
    return streamMessage(buf, Message.codec(), opts)
  }
}

export interface PlainMessage {
  group: Uint8Array
  device: number
  boot: Uint8Array
  counter: number
  previous: Uint8Array
  lamport: number
  descriptor: Uint8Array
  content?: Content
}

export namespace PlainMessage {
  let _codec: Codec<PlainMessage>

  export const codec = (): Codec<PlainMessage> => {
    if (_codec == null) {
      _codec = message<PlainMessage>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if ((obj.device != null && obj.device !== 0)) {
          w.uint32(16)
          w.uint32(obj.device)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.boot)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.counter)
        }

        if ((obj.previous != null && obj.previous.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.previous)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.lamport)
        }

        if ((obj.descriptor != null && obj.descriptor.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.descriptor)
        }

        if (obj.content != null) {
          w.uint32(66)
          Content.codec().encode(obj.content, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          device: 0,
          boot: uint8ArrayAlloc(0),
          counter: 0,
          previous: uint8ArrayAlloc(0),
          lamport: 0,
          descriptor: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.bytes()
              break
            }
            case 2: {
              obj.device = reader.uint32()
              break
            }
            case 3: {
              obj.boot = reader.bytes()
              break
            }
            case 4: {
              obj.counter = reader.uint64Number()
              break
            }
            case 5: {
              obj.previous = reader.bytes()
              break
            }
            case 6: {
              obj.lamport = reader.uint64Number()
              break
            }
            case 7: {
              obj.descriptor = reader.bytes()
              break
            }
            case 8: {
              obj.content = Content.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.content
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.device`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.previous`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.lamport`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.descriptor`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              yield * Content.codec().stream(reader, reader.uint32(), `${prefix}.content`, {
                limits: opts.limits?.content
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PlainMessageGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface PlainMessageDeviceFieldEvent {
    field: '$.device'
    value: number
  }

  export interface PlainMessageBootFieldEvent {
    field: '$.boot'
    value: Uint8Array
  }

  export interface PlainMessageCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export interface PlainMessagePreviousFieldEvent {
    field: '$.previous'
    value: Uint8Array
  }

  export interface PlainMessageLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface PlainMessageDescriptorFieldEvent {
    field: '$.descriptor'
    value: Uint8Array
  }

  export interface PlainMessageContentWrittenAtFieldEvent {
    field: '$.content.writtenAt'
    value: number
  }

  export interface PlainMessageContentTextTextFieldEvent {
    field: '$.content.text.text'
    value: string
  }

  export interface PlainMessageContentTextReplyToFieldEvent {
    field: '$.content.text.replyTo'
    value: Uint8Array
  }

  export interface PlainMessageContentTextIsActionFieldEvent {
    field: '$.content.text.isAction'
    value: boolean
  }

  export interface PlainMessageContentEditTargetFieldEvent {
    field: '$.content.edit.target'
    value: Uint8Array
  }

  export interface PlainMessageContentEditTextFieldEvent {
    field: '$.content.edit.text'
    value: string
  }

  export interface PlainMessageContentDeletionTargetFieldEvent {
    field: '$.content.deletion.target'
    value: Uint8Array
  }

  export interface PlainMessageContentReactionTargetFieldEvent {
    field: '$.content.reaction.target'
    value: Uint8Array
  }

  export interface PlainMessageContentReactionEmojiFieldEvent {
    field: '$.content.reaction.emoji'
    value: string
  }

  export interface PlainMessageContentReactionIsWithdrawnFieldEvent {
    field: '$.content.reaction.isWithdrawn'
    value: boolean
  }

  export interface PlainMessageContentReplacesFieldEvent {
    field: '$.content.replaces'
    value: Uint8Array
  }

  export function encode (obj: Partial<PlainMessage>): Uint8Array {
    return encodeMessage(obj, PlainMessage.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PlainMessage>): PlainMessage {
    return decodeMessage(buf, PlainMessage.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PlainMessage>): Generator<PlainMessageGroupFieldEvent | PlainMessageDeviceFieldEvent | PlainMessageBootFieldEvent | PlainMessageCounterFieldEvent | PlainMessagePreviousFieldEvent | PlainMessageLamportFieldEvent | PlainMessageDescriptorFieldEvent | PlainMessageContentWrittenAtFieldEvent | PlainMessageContentTextTextFieldEvent | PlainMessageContentTextReplyToFieldEvent | PlainMessageContentTextIsActionFieldEvent | PlainMessageContentEditTargetFieldEvent | PlainMessageContentEditTextFieldEvent | PlainMessageContentDeletionTargetFieldEvent | PlainMessageContentReactionTargetFieldEvent | PlainMessageContentReactionEmojiFieldEvent | PlainMessageContentReactionIsWithdrawnFieldEvent | PlainMessageContentReplacesFieldEvent> {
    return streamMessage(buf, PlainMessage.codec(), opts)
  }
}

export interface Content {
  writtenAt: number
  text?: Text
  edit?: Edit
  deletion?: Deletion
  reaction?: Reaction
  replaces: Uint8Array
}

export namespace Content {
  let _codec: Codec<Content>

  export const codec = (): Codec<Content> => {
    if (_codec == null) {
      _codec = message<Content>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.reaction != null) {
          obj.deletion = undefined
          obj.edit = undefined
          obj.text = undefined
        }

        if (obj.deletion != null) {
          obj.reaction = undefined
          obj.edit = undefined
          obj.text = undefined
        }

        if (obj.edit != null) {
          obj.reaction = undefined
          obj.deletion = undefined
          obj.text = undefined
        }

        if (obj.text != null) {
          obj.reaction = undefined
          obj.deletion = undefined
          obj.edit = undefined
        }

        if ((obj.writtenAt != null && obj.writtenAt !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.writtenAt)
        }

        if (obj.text != null) {
          w.uint32(18)
          Text.codec().encode(obj.text, w)
        }

        if (obj.edit != null) {
          w.uint32(26)
          Edit.codec().encode(obj.edit, w)
        }

        if (obj.deletion != null) {
          w.uint32(34)
          Deletion.codec().encode(obj.deletion, w)
        }

        if (obj.reaction != null) {
          w.uint32(42)
          Reaction.codec().encode(obj.reaction, w)
        }

        if ((obj.replaces != null && obj.replaces.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.replaces)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          writtenAt: 0,
          replaces: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.writtenAt = reader.uint64Number()
              break
            }
            case 2: {
              obj.text = Text.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.text
              })
              break
            }
            case 3: {
              obj.edit = Edit.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.edit
              })
              break
            }
            case 4: {
              obj.deletion = Deletion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.deletion
              })
              break
            }
            case 5: {
              obj.reaction = Reaction.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.reaction
              })
              break
            }
            case 6: {
              obj.replaces = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.reaction != null) {
          delete obj.deletion
          delete obj.edit
          delete obj.text
        }

        if (obj.deletion != null) {
          delete obj.reaction
          delete obj.edit
          delete obj.text
        }

        if (obj.edit != null) {
          delete obj.reaction
          delete obj.deletion
          delete obj.text
        }

        if (obj.text != null) {
          delete obj.reaction
          delete obj.deletion
          delete obj.edit
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.writtenAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield * Text.codec().stream(reader, reader.uint32(), `${prefix}.text`, {
                limits: opts.limits?.text
              })

              break
            }
            case 3: {
              yield * Edit.codec().stream(reader, reader.uint32(), `${prefix}.edit`, {
                limits: opts.limits?.edit
              })

              break
            }
            case 4: {
              yield * Deletion.codec().stream(reader, reader.uint32(), `${prefix}.deletion`, {
                limits: opts.limits?.deletion
              })

              break
            }
            case 5: {
              yield * Reaction.codec().stream(reader, reader.uint32(), `${prefix}.reaction`, {
                limits: opts.limits?.reaction
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.replaces`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ContentWrittenAtFieldEvent {
    field: '$.writtenAt'
    value: number
  }

  export interface ContentTextTextFieldEvent {
    field: '$.text.text'
    value: string
  }

  export interface ContentTextReplyToFieldEvent {
    field: '$.text.replyTo'
    value: Uint8Array
  }

  export interface ContentTextIsActionFieldEvent {
    field: '$.text.isAction'
    value: boolean
  }

  export interface ContentEditTargetFieldEvent {
    field: '$.edit.target'
    value: Uint8Array
  }

  export interface ContentEditTextFieldEvent {
    field: '$.edit.text'
    value: string
  }

  export interface ContentDeletionTargetFieldEvent {
    field: '$.deletion.target'
    value: Uint8Array
  }

  export interface ContentReactionTargetFieldEvent {
    field: '$.reaction.target'
    value: Uint8Array
  }

  export interface ContentReactionEmojiFieldEvent {
    field: '$.reaction.emoji'
    value: string
  }

  export interface ContentReactionIsWithdrawnFieldEvent {
    field: '$.reaction.isWithdrawn'
    value: boolean
  }

  export interface ContentReplacesFieldEvent {
    field: '$.replaces'
    value: Uint8Array
  }

  export function encode (obj: Partial<Content>): Uint8Array {
    return encodeMessage(obj, Content.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Content>): Content {
    return decodeMessage(buf, Content.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Content>): Generator<ContentWrittenAtFieldEvent | ContentTextTextFieldEvent | ContentTextReplyToFieldEvent | ContentTextIsActionFieldEvent | ContentEditTargetFieldEvent | ContentEditTextFieldEvent | ContentDeletionTargetFieldEvent | ContentReactionTargetFieldEvent | ContentReactionEmojiFieldEvent | ContentReactionIsWithdrawnFieldEvent | ContentReplacesFieldEvent> {
    return streamMessage(buf, Content.codec(), opts)
  }
}

export interface Text {
  text: string
  replyTo: Uint8Array
  isAction: boolean
}

export namespace Text {
  let _codec: Codec<Text>

  export const codec = (): Codec<Text> => {
    if (_codec == null) {
      _codec = message<Text>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(10)
          w.string(obj.text)
        }

        if ((obj.replyTo != null && obj.replyTo.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.replyTo)
        }

        if ((obj.isAction != null && obj.isAction !== false)) {
          w.uint32(24)
          w.bool(obj.isAction)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          text: '',
          replyTo: uint8ArrayAlloc(0),
          isAction: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.text = reader.string()
              break
            }
            case 2: {
              obj.replyTo = reader.bytes()
              break
            }
            case 3: {
              obj.isAction = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.replyTo`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.isAction`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TextTextFieldEvent {
    field: '$.text'
    value: string
  }

  export interface TextReplyToFieldEvent {
    field: '$.replyTo'
    value: Uint8Array
  }

  export interface TextIsActionFieldEvent {
    field: '$.isAction'
    value: boolean
  }

  export function encode (obj: Partial<Text>): Uint8Array {
    return encodeMessage(obj, Text.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Text>): Text {
    return decodeMessage(buf, Text.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Text>): Generator<TextTextFieldEvent | TextReplyToFieldEvent | TextIsActionFieldEvent> {
    return streamMessage(buf, Text.codec(), opts)
  }
}

export interface Edit {
  target: Uint8Array
  text: string
}

export namespace Edit {
  let _codec: Codec<Edit>

  export const codec = (): Codec<Edit> => {
    if (_codec == null) {
      _codec = message<Edit>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.target != null && obj.target.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.target)
        }

        if ((obj.text != null && obj.text !== '')) {
          w.uint32(18)
          w.string(obj.text)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          target: uint8ArrayAlloc(0),
          text: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.target = reader.bytes()
              break
            }
            case 2: {
              obj.text = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.target`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.text`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EditTargetFieldEvent {
    field: '$.target'
    value: Uint8Array
  }

  export interface EditTextFieldEvent {
    field: '$.text'
    value: string
  }

  export function encode (obj: Partial<Edit>): Uint8Array {
    return encodeMessage(obj, Edit.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Edit>): Edit {
    return decodeMessage(buf, Edit.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Edit>): Generator<EditTargetFieldEvent | EditTextFieldEvent> {
    return streamMessage(buf, Edit.codec(), opts)
  }
}

export interface Deletion {
  target: Uint8Array
}

export namespace Deletion {
  let _codec: Codec<Deletion>

  export const codec = (): Codec<Deletion> => {
    if (_codec == null) {
      _codec = message<Deletion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.target != null && obj.target.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.target)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          target: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.target = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.target`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DeletionTargetFieldEvent {
    field: '$.target'
    value: Uint8Array
  }

  export function encode (obj: Partial<Deletion>): Uint8Array {
    return encodeMessage(obj, Deletion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Deletion>): Deletion {
    return decodeMessage(buf, Deletion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Deletion>): Generator<DeletionTargetFieldEvent> {
    return streamMessage(buf, Deletion.codec(), opts)
  }
}

export interface Reaction {
  target: Uint8Array
  emoji: string
  isWithdrawn: boolean
}

export namespace Reaction {
  let _codec: Codec<Reaction>

  export const codec = (): Codec<Reaction> => {
    if (_codec == null) {
      _codec = message<Reaction>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.target != null && obj.target.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.target)
        }

        if ((obj.emoji != null && obj.emoji !== '')) {
          w.uint32(18)
          w.string(obj.emoji)
        }

        if ((obj.isWithdrawn != null && obj.isWithdrawn !== false)) {
          w.uint32(24)
          w.bool(obj.isWithdrawn)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          target: uint8ArrayAlloc(0),
          emoji: '',
          isWithdrawn: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.target = reader.bytes()
              break
            }
            case 2: {
              obj.emoji = reader.string()
              break
            }
            case 3: {
              obj.isWithdrawn = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.target`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.emoji`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.isWithdrawn`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ReactionTargetFieldEvent {
    field: '$.target'
    value: Uint8Array
  }

  export interface ReactionEmojiFieldEvent {
    field: '$.emoji'
    value: string
  }

  export interface ReactionIsWithdrawnFieldEvent {
    field: '$.isWithdrawn'
    value: boolean
  }

  export function encode (obj: Partial<Reaction>): Uint8Array {
    return encodeMessage(obj, Reaction.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reaction>): Reaction {
    return decodeMessage(buf, Reaction.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reaction>): Generator<ReactionTargetFieldEvent | ReactionEmojiFieldEvent | ReactionIsWithdrawnFieldEvent> {
    return streamMessage(buf, Reaction.codec(), opts)
  }
}

export interface KeyRequest {
  prekey: Uint8Array
  attempt: number
  enc: Uint8Array
  sealed: Uint8Array
}

export namespace KeyRequest {
  let _codec: Codec<KeyRequest>

  export const codec = (): Codec<KeyRequest> => {
    if (_codec == null) {
      _codec = message<KeyRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.prekey != null && obj.prekey.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.prekey)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint32(obj.attempt)
        }

        if ((obj.enc != null && obj.enc.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.enc)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          prekey: uint8ArrayAlloc(0),
          attempt: 0,
          enc: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.prekey = reader.bytes()
              break
            }
            case 2: {
              obj.attempt = reader.uint32()
              break
            }
            case 3: {
              obj.enc = reader.bytes()
              break
            }
            case 4: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.prekey`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.enc`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface KeyRequestPrekeyFieldEvent {
    field: '$.prekey'
    value: Uint8Array
  }

  export interface KeyRequestAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface KeyRequestEncFieldEvent {
    field: '$.enc'
    value: Uint8Array
  }

  export interface KeyRequestSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<KeyRequest>): Uint8Array {
    return encodeMessage(obj, KeyRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KeyRequest>): KeyRequest {
    return decodeMessage(buf, KeyRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KeyRequest>): Generator<KeyRequestPrekeyFieldEvent | KeyRequestAttemptFieldEvent | KeyRequestEncFieldEvent | KeyRequestSealedFieldEvent> {
    return streamMessage(buf, KeyRequest.codec(), opts)
  }
}

export interface Signed {
  content: Uint8Array
  signature: Uint8Array
}

export namespace Signed {
  let _codec: Codec<Signed>

  export const codec = (): Codec<Signed> => {
    if (_codec == null) {
      _codec = message<Signed>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.content != null && obj.content.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.content)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          content: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.content = reader.bytes()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.content`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SignedContentFieldEvent {
    field: '$.content'
    value: Uint8Array
  }

  export interface SignedSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array
  }

  export function encode (obj: Partial<Signed>): Uint8Array {
    return encodeMessage(obj, Signed.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Signed>): Signed {
    return decodeMessage(buf, Signed.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Signed>): Generator<SignedContentFieldEvent | SignedSignatureFieldEvent> {
    return streamMessage(buf, Signed.codec(), opts)
  }
}

export interface KeyRequestContent {
  channel: Uint8Array
  manager: Uint8Array
  user: Uint8Array
  author: Uint8Array
  nonce: Uint8Array
  oneTimeKey: Uint8Array
  descriptor?: DescriptorRef
  logHead: Uint8Array
  lines: LineState[]
  recordSeq: number
  recordHash: Uint8Array
  record: Uint8Array
  inviteToken: Uint8Array
  admits: Uint8Array[]
}

export namespace KeyRequestContent {
  let _codec: Codec<KeyRequestContent>

  export const codec = (): Codec<KeyRequestContent> => {
    if (_codec == null) {
      _codec = message<KeyRequestContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if ((obj.manager != null && obj.manager.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.manager)
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.user)
        }

        if ((obj.author != null && obj.author.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.author)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.nonce)
        }

        if ((obj.oneTimeKey != null && obj.oneTimeKey.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.oneTimeKey)
        }

        if (obj.descriptor != null) {
          w.uint32(58)
          DescriptorRef.codec().encode(obj.descriptor, w)
        }

        if ((obj.logHead != null && obj.logHead.byteLength > 0)) {
          w.uint32(66)
          w.bytes(obj.logHead)
        }

        if (obj.lines != null && obj.lines.length > 0) {
          for (const value of obj.lines) {
            w.uint32(74)
            LineState.codec().encode(value, w)
          }
        }

        if ((obj.recordSeq != null && obj.recordSeq !== 0)) {
          w.uint32(80)
          w.uint64Number(obj.recordSeq)
        }

        if ((obj.recordHash != null && obj.recordHash.byteLength > 0)) {
          w.uint32(90)
          w.bytes(obj.recordHash)
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(98)
          w.bytes(obj.record)
        }

        if ((obj.inviteToken != null && obj.inviteToken.byteLength > 0)) {
          w.uint32(106)
          w.bytes(obj.inviteToken)
        }

        if (obj.admits != null && obj.admits.length > 0) {
          for (const value of obj.admits) {
            w.uint32(114)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          manager: uint8ArrayAlloc(0),
          user: uint8ArrayAlloc(0),
          author: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0),
          oneTimeKey: uint8ArrayAlloc(0),
          logHead: uint8ArrayAlloc(0),
          lines: [],
          recordSeq: 0,
          recordHash: uint8ArrayAlloc(0),
          record: uint8ArrayAlloc(0),
          inviteToken: uint8ArrayAlloc(0),
          admits: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.manager = reader.bytes()
              break
            }
            case 3: {
              obj.user = reader.bytes()
              break
            }
            case 4: {
              obj.author = reader.bytes()
              break
            }
            case 5: {
              obj.nonce = reader.bytes()
              break
            }
            case 6: {
              obj.oneTimeKey = reader.bytes()
              break
            }
            case 7: {
              obj.descriptor = DescriptorRef.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.descriptor
              })
              break
            }
            case 8: {
              obj.logHead = reader.bytes()
              break
            }
            case 9: {
              if (opts.limits?.lines != null && obj.lines.length === opts.limits.lines) {
                throw new MaxLengthError('Decode error - repeated field "lines" had too many elements')
              }

              obj.lines.push(LineState.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lines$
              }))
              break
            }
            case 10: {
              obj.recordSeq = reader.uint64Number()
              break
            }
            case 11: {
              obj.recordHash = reader.bytes()
              break
            }
            case 12: {
              obj.record = reader.bytes()
              break
            }
            case 13: {
              obj.inviteToken = reader.bytes()
              break
            }
            case 14: {
              if (opts.limits?.admits != null && obj.admits.length === opts.limits.admits) {
                throw new MaxLengthError('Decode error - repeated field "admits" had too many elements')
              }

              obj.admits.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          lines: 0,
          admits: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.manager`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.user`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.author`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.oneTimeKey`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield * DescriptorRef.codec().stream(reader, reader.uint32(), `${prefix}.descriptor`, {
                limits: opts.limits?.descriptor
              })

              break
            }
            case 8: {
              yield {
                field: `${prefix}.logHead`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              if (opts.limits?.lines != null && obj.lines === opts.limits.lines) {
                throw new MaxLengthError('Streaming decode error - repeated field "lines" had too many elements')
              }

              for (const evt of LineState.codec().stream(reader, reader.uint32(), `${prefix}.lines[]`, {
                limits: opts.limits?.lines$
              })) {
                yield {
                  ...evt,
                  index: obj.lines
                }
              }

              obj.lines++

              break
            }
            case 10: {
              yield {
                field: `${prefix}.recordSeq`,
                value: reader.uint64Number()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.recordHash`,
                value: reader.bytes()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.inviteToken`,
                value: reader.bytes()
              }
              break
            }
            case 14: {
              if (opts.limits?.admits != null && obj.admits === opts.limits.admits) {
                throw new MaxLengthError('Streaming decode error - repeated field "admits" had too many elements')
              }

              yield {
                field: `${prefix}.admits[]`,
                index: obj.admits,
                value: reader.bytes()
              }

              obj.admits++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface KeyRequestContentChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface KeyRequestContentManagerFieldEvent {
    field: '$.manager'
    value: Uint8Array
  }

  export interface KeyRequestContentUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface KeyRequestContentAuthorFieldEvent {
    field: '$.author'
    value: Uint8Array
  }

  export interface KeyRequestContentNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array
  }

  export interface KeyRequestContentOneTimeKeyFieldEvent {
    field: '$.oneTimeKey'
    value: Uint8Array
  }

  export interface KeyRequestContentDescriptorVersionFieldEvent {
    field: '$.descriptor.version'
    value: number
  }

  export interface KeyRequestContentDescriptorHashFieldEvent {
    field: '$.descriptor.hash'
    value: Uint8Array
  }

  export interface KeyRequestContentLogHeadFieldEvent {
    field: '$.logHead'
    value: Uint8Array
  }

  export interface KeyRequestContentLinesGroupFieldEvent {
    field: '$.lines[].group'
    value: Uint8Array
    index: number
  }

  export interface KeyRequestContentLinesHighestTermFieldEvent {
    field: '$.lines[].highest.term'
    value: number
    index: number
  }

  export interface KeyRequestContentLinesHighestSerialFieldEvent {
    field: '$.lines[].highest.serial'
    value: number
    index: number
  }

  export interface KeyRequestContentLinesHighestCommitmentFieldEvent {
    field: '$.lines[].highest.commitment'
    value: Uint8Array
    index: number
  }

  export interface KeyRequestContentRecordSeqFieldEvent {
    field: '$.recordSeq'
    value: number
  }

  export interface KeyRequestContentRecordHashFieldEvent {
    field: '$.recordHash'
    value: Uint8Array
  }

  export interface KeyRequestContentRecordFieldEvent {
    field: '$.record'
    value: Uint8Array
  }

  export interface KeyRequestContentInviteTokenFieldEvent {
    field: '$.inviteToken'
    value: Uint8Array
  }

  export interface KeyRequestContentAdmitsFieldEvent {
    field: '$.admits[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<KeyRequestContent>): Uint8Array {
    return encodeMessage(obj, KeyRequestContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KeyRequestContent>): KeyRequestContent {
    return decodeMessage(buf, KeyRequestContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KeyRequestContent>): Generator<KeyRequestContentChannelFieldEvent | KeyRequestContentManagerFieldEvent | KeyRequestContentUserFieldEvent | KeyRequestContentAuthorFieldEvent | KeyRequestContentNonceFieldEvent | KeyRequestContentOneTimeKeyFieldEvent | KeyRequestContentDescriptorVersionFieldEvent | KeyRequestContentDescriptorHashFieldEvent | KeyRequestContentLogHeadFieldEvent | KeyRequestContentLinesGroupFieldEvent | KeyRequestContentLinesHighestTermFieldEvent | KeyRequestContentLinesHighestSerialFieldEvent | KeyRequestContentLinesHighestCommitmentFieldEvent | KeyRequestContentRecordSeqFieldEvent | KeyRequestContentRecordHashFieldEvent | KeyRequestContentRecordFieldEvent | KeyRequestContentInviteTokenFieldEvent | KeyRequestContentAdmitsFieldEvent> {
    return streamMessage(buf, KeyRequestContent.codec(), opts)
  }
}

export interface LineState {
  group: Uint8Array
  highest?: KeyId
}

export namespace LineState {
  let _codec: Codec<LineState>

  export const codec = (): Codec<LineState> => {
    if (_codec == null) {
      _codec = message<LineState>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if (obj.highest != null) {
          w.uint32(18)
          KeyId.codec().encode(obj.highest, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.bytes()
              break
            }
            case 2: {
              obj.highest = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.highest
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.highest`, {
                limits: opts.limits?.highest
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LineStateGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface LineStateHighestTermFieldEvent {
    field: '$.highest.term'
    value: number
  }

  export interface LineStateHighestSerialFieldEvent {
    field: '$.highest.serial'
    value: number
  }

  export interface LineStateHighestCommitmentFieldEvent {
    field: '$.highest.commitment'
    value: Uint8Array
  }

  export function encode (obj: Partial<LineState>): Uint8Array {
    return encodeMessage(obj, LineState.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LineState>): LineState {
    return decodeMessage(buf, LineState.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LineState>): Generator<LineStateGroupFieldEvent | LineStateHighestTermFieldEvent | LineStateHighestSerialFieldEvent | LineStateHighestCommitmentFieldEvent> {
    return streamMessage(buf, LineState.codec(), opts)
  }
}

export interface Challenge {
  request: Uint8Array
  attempt: number
  enc: Uint8Array
  sealed: Uint8Array
}

export namespace Challenge {
  let _codec: Codec<Challenge>

  export const codec = (): Codec<Challenge> => {
    if (_codec == null) {
      _codec = message<Challenge>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.request != null && obj.request.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.request)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint32(obj.attempt)
        }

        if ((obj.enc != null && obj.enc.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.enc)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          request: uint8ArrayAlloc(0),
          attempt: 0,
          enc: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.request = reader.bytes()
              break
            }
            case 2: {
              obj.attempt = reader.uint32()
              break
            }
            case 3: {
              obj.enc = reader.bytes()
              break
            }
            case 4: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.enc`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ChallengeRequestFieldEvent {
    field: '$.request'
    value: Uint8Array
  }

  export interface ChallengeAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface ChallengeEncFieldEvent {
    field: '$.enc'
    value: Uint8Array
  }

  export interface ChallengeSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<Challenge>): Uint8Array {
    return encodeMessage(obj, Challenge.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Challenge>): Challenge {
    return decodeMessage(buf, Challenge.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Challenge>): Generator<ChallengeRequestFieldEvent | ChallengeAttemptFieldEvent | ChallengeEncFieldEvent | ChallengeSealedFieldEvent> {
    return streamMessage(buf, Challenge.codec(), opts)
  }
}

export interface ChallengeContent {
  channel: Uint8Array
  manager: Uint8Array
  user: Uint8Array
  recordSeq: number
  recordHash: Uint8Array
  request: Uint8Array
  nonce: Uint8Array
}

export namespace ChallengeContent {
  let _codec: Codec<ChallengeContent>

  export const codec = (): Codec<ChallengeContent> => {
    if (_codec == null) {
      _codec = message<ChallengeContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if ((obj.manager != null && obj.manager.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.manager)
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.user)
        }

        if ((obj.recordSeq != null && obj.recordSeq !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.recordSeq)
        }

        if ((obj.recordHash != null && obj.recordHash.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.recordHash)
        }

        if ((obj.request != null && obj.request.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.request)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          manager: uint8ArrayAlloc(0),
          user: uint8ArrayAlloc(0),
          recordSeq: 0,
          recordHash: uint8ArrayAlloc(0),
          request: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.manager = reader.bytes()
              break
            }
            case 3: {
              obj.user = reader.bytes()
              break
            }
            case 4: {
              obj.recordSeq = reader.uint64Number()
              break
            }
            case 5: {
              obj.recordHash = reader.bytes()
              break
            }
            case 6: {
              obj.request = reader.bytes()
              break
            }
            case 7: {
              obj.nonce = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.manager`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.user`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.recordSeq`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.recordHash`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ChallengeContentChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface ChallengeContentManagerFieldEvent {
    field: '$.manager'
    value: Uint8Array
  }

  export interface ChallengeContentUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface ChallengeContentRecordSeqFieldEvent {
    field: '$.recordSeq'
    value: number
  }

  export interface ChallengeContentRecordHashFieldEvent {
    field: '$.recordHash'
    value: Uint8Array
  }

  export interface ChallengeContentRequestFieldEvent {
    field: '$.request'
    value: Uint8Array
  }

  export interface ChallengeContentNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array
  }

  export function encode (obj: Partial<ChallengeContent>): Uint8Array {
    return encodeMessage(obj, ChallengeContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChallengeContent>): ChallengeContent {
    return decodeMessage(buf, ChallengeContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChallengeContent>): Generator<ChallengeContentChannelFieldEvent | ChallengeContentManagerFieldEvent | ChallengeContentUserFieldEvent | ChallengeContentRecordSeqFieldEvent | ChallengeContentRecordHashFieldEvent | ChallengeContentRequestFieldEvent | ChallengeContentNonceFieldEvent> {
    return streamMessage(buf, ChallengeContent.codec(), opts)
  }
}

export interface ChallengeAnswer {
  prekey: Uint8Array
  attempt: number
  enc: Uint8Array
  sealed: Uint8Array
}

export namespace ChallengeAnswer {
  let _codec: Codec<ChallengeAnswer>

  export const codec = (): Codec<ChallengeAnswer> => {
    if (_codec == null) {
      _codec = message<ChallengeAnswer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.prekey != null && obj.prekey.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.prekey)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint32(obj.attempt)
        }

        if ((obj.enc != null && obj.enc.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.enc)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          prekey: uint8ArrayAlloc(0),
          attempt: 0,
          enc: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.prekey = reader.bytes()
              break
            }
            case 2: {
              obj.attempt = reader.uint32()
              break
            }
            case 3: {
              obj.enc = reader.bytes()
              break
            }
            case 4: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.prekey`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.enc`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ChallengeAnswerPrekeyFieldEvent {
    field: '$.prekey'
    value: Uint8Array
  }

  export interface ChallengeAnswerAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface ChallengeAnswerEncFieldEvent {
    field: '$.enc'
    value: Uint8Array
  }

  export interface ChallengeAnswerSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<ChallengeAnswer>): Uint8Array {
    return encodeMessage(obj, ChallengeAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChallengeAnswer>): ChallengeAnswer {
    return decodeMessage(buf, ChallengeAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChallengeAnswer>): Generator<ChallengeAnswerPrekeyFieldEvent | ChallengeAnswerAttemptFieldEvent | ChallengeAnswerEncFieldEvent | ChallengeAnswerSealedFieldEvent> {
    return streamMessage(buf, ChallengeAnswer.codec(), opts)
  }
}

export interface ChallengeAnswerContent {
  channel: Uint8Array
  manager: Uint8Array
  user: Uint8Array
  author: Uint8Array
  request: Uint8Array
  challenge: Uint8Array
  nonce: Uint8Array
}

export namespace ChallengeAnswerContent {
  let _codec: Codec<ChallengeAnswerContent>

  export const codec = (): Codec<ChallengeAnswerContent> => {
    if (_codec == null) {
      _codec = message<ChallengeAnswerContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if ((obj.manager != null && obj.manager.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.manager)
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.user)
        }

        if ((obj.author != null && obj.author.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.author)
        }

        if ((obj.request != null && obj.request.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.request)
        }

        if ((obj.challenge != null && obj.challenge.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.challenge)
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.nonce)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          manager: uint8ArrayAlloc(0),
          user: uint8ArrayAlloc(0),
          author: uint8ArrayAlloc(0),
          request: uint8ArrayAlloc(0),
          challenge: uint8ArrayAlloc(0),
          nonce: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.manager = reader.bytes()
              break
            }
            case 3: {
              obj.user = reader.bytes()
              break
            }
            case 4: {
              obj.author = reader.bytes()
              break
            }
            case 5: {
              obj.request = reader.bytes()
              break
            }
            case 6: {
              obj.challenge = reader.bytes()
              break
            }
            case 7: {
              obj.nonce = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.manager`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.user`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.author`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.challenge`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ChallengeAnswerContentChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface ChallengeAnswerContentManagerFieldEvent {
    field: '$.manager'
    value: Uint8Array
  }

  export interface ChallengeAnswerContentUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface ChallengeAnswerContentAuthorFieldEvent {
    field: '$.author'
    value: Uint8Array
  }

  export interface ChallengeAnswerContentRequestFieldEvent {
    field: '$.request'
    value: Uint8Array
  }

  export interface ChallengeAnswerContentChallengeFieldEvent {
    field: '$.challenge'
    value: Uint8Array
  }

  export interface ChallengeAnswerContentNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array
  }

  export function encode (obj: Partial<ChallengeAnswerContent>): Uint8Array {
    return encodeMessage(obj, ChallengeAnswerContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChallengeAnswerContent>): ChallengeAnswerContent {
    return decodeMessage(buf, ChallengeAnswerContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChallengeAnswerContent>): Generator<ChallengeAnswerContentChannelFieldEvent | ChallengeAnswerContentManagerFieldEvent | ChallengeAnswerContentUserFieldEvent | ChallengeAnswerContentAuthorFieldEvent | ChallengeAnswerContentRequestFieldEvent | ChallengeAnswerContentChallengeFieldEvent | ChallengeAnswerContentNonceFieldEvent> {
    return streamMessage(buf, ChallengeAnswerContent.codec(), opts)
  }
}

export interface Grant {
  request: Uint8Array
  attempt: number
  group: Uint8Array
  key?: KeyId
  transcript: Uint8Array
  roster: Uint8Array
  logHead: Uint8Array
  descriptor?: DescriptorRef
  ephemeral: Uint8Array
  enc: Uint8Array
  sealed: Uint8Array
}

export namespace Grant {
  let _codec: Codec<Grant>

  export const codec = (): Codec<Grant> => {
    if (_codec == null) {
      _codec = message<Grant>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.request != null && obj.request.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.request)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(16)
          w.uint32(obj.attempt)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.group)
        }

        if (obj.key != null) {
          w.uint32(34)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.transcript != null && obj.transcript.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.transcript)
        }

        if ((obj.roster != null && obj.roster.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.roster)
        }

        if ((obj.logHead != null && obj.logHead.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.logHead)
        }

        if (obj.descriptor != null) {
          w.uint32(66)
          DescriptorRef.codec().encode(obj.descriptor, w)
        }

        if ((obj.ephemeral != null && obj.ephemeral.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.ephemeral)
        }

        if ((obj.enc != null && obj.enc.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.enc)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(90)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          request: uint8ArrayAlloc(0),
          attempt: 0,
          group: uint8ArrayAlloc(0),
          transcript: uint8ArrayAlloc(0),
          roster: uint8ArrayAlloc(0),
          logHead: uint8ArrayAlloc(0),
          ephemeral: uint8ArrayAlloc(0),
          enc: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.request = reader.bytes()
              break
            }
            case 2: {
              obj.attempt = reader.uint32()
              break
            }
            case 3: {
              obj.group = reader.bytes()
              break
            }
            case 4: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 5: {
              obj.transcript = reader.bytes()
              break
            }
            case 6: {
              obj.roster = reader.bytes()
              break
            }
            case 7: {
              obj.logHead = reader.bytes()
              break
            }
            case 8: {
              obj.descriptor = DescriptorRef.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.descriptor
              })
              break
            }
            case 9: {
              obj.ephemeral = reader.bytes()
              break
            }
            case 10: {
              obj.enc = reader.bytes()
              break
            }
            case 11: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 5: {
              yield {
                field: `${prefix}.transcript`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.roster`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.logHead`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              yield * DescriptorRef.codec().stream(reader, reader.uint32(), `${prefix}.descriptor`, {
                limits: opts.limits?.descriptor
              })

              break
            }
            case 9: {
              yield {
                field: `${prefix}.ephemeral`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.enc`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface GrantRequestFieldEvent {
    field: '$.request'
    value: Uint8Array
  }

  export interface GrantAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface GrantGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface GrantKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface GrantKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface GrantKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface GrantTranscriptFieldEvent {
    field: '$.transcript'
    value: Uint8Array
  }

  export interface GrantRosterFieldEvent {
    field: '$.roster'
    value: Uint8Array
  }

  export interface GrantLogHeadFieldEvent {
    field: '$.logHead'
    value: Uint8Array
  }

  export interface GrantDescriptorVersionFieldEvent {
    field: '$.descriptor.version'
    value: number
  }

  export interface GrantDescriptorHashFieldEvent {
    field: '$.descriptor.hash'
    value: Uint8Array
  }

  export interface GrantEphemeralFieldEvent {
    field: '$.ephemeral'
    value: Uint8Array
  }

  export interface GrantEncFieldEvent {
    field: '$.enc'
    value: Uint8Array
  }

  export interface GrantSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<Grant>): Uint8Array {
    return encodeMessage(obj, Grant.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Grant>): Grant {
    return decodeMessage(buf, Grant.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Grant>): Generator<GrantRequestFieldEvent | GrantAttemptFieldEvent | GrantGroupFieldEvent | GrantKeyTermFieldEvent | GrantKeySerialFieldEvent | GrantKeyCommitmentFieldEvent | GrantTranscriptFieldEvent | GrantRosterFieldEvent | GrantLogHeadFieldEvent | GrantDescriptorVersionFieldEvent | GrantDescriptorHashFieldEvent | GrantEphemeralFieldEvent | GrantEncFieldEvent | GrantSealedFieldEvent> {
    return streamMessage(buf, Grant.codec(), opts)
  }
}

export interface GrantContent {
  epochSecret: Uint8Array
  leaf: number
  depth: number
  pathKeys: Uint8Array
  announcement: Uint8Array
  statements: Uint8Array[]
  isLogComplete: boolean
  earlier: EarlierEpochs[]
  notAfter: number
  init: Uint8Array
  control: Uint8Array
}

export namespace GrantContent {
  let _codec: Codec<GrantContent>

  export const codec = (): Codec<GrantContent> => {
    if (_codec == null) {
      _codec = message<GrantContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.epochSecret != null && obj.epochSecret.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.epochSecret)
        }

        if ((obj.leaf != null && obj.leaf !== 0)) {
          w.uint32(16)
          w.uint32(obj.leaf)
        }

        if ((obj.depth != null && obj.depth !== 0)) {
          w.uint32(24)
          w.uint32(obj.depth)
        }

        if ((obj.pathKeys != null && obj.pathKeys.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.pathKeys)
        }

        if ((obj.announcement != null && obj.announcement.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.announcement)
        }

        if (obj.statements != null && obj.statements.length > 0) {
          for (const value of obj.statements) {
            w.uint32(50)
            w.bytes(value)
          }
        }

        if ((obj.isLogComplete != null && obj.isLogComplete !== false)) {
          w.uint32(56)
          w.bool(obj.isLogComplete)
        }

        if (obj.earlier != null && obj.earlier.length > 0) {
          for (const value of obj.earlier) {
            w.uint32(66)
            EarlierEpochs.codec().encode(value, w)
          }
        }

        if ((obj.notAfter != null && obj.notAfter !== 0)) {
          w.uint32(72)
          w.uint64Number(obj.notAfter)
        }

        if ((obj.init != null && obj.init.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.init)
        }

        if ((obj.control != null && obj.control.byteLength > 0)) {
          w.uint32(90)
          w.bytes(obj.control)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epochSecret: uint8ArrayAlloc(0),
          leaf: 0,
          depth: 0,
          pathKeys: uint8ArrayAlloc(0),
          announcement: uint8ArrayAlloc(0),
          statements: [],
          isLogComplete: false,
          earlier: [],
          notAfter: 0,
          init: uint8ArrayAlloc(0),
          control: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.epochSecret = reader.bytes()
              break
            }
            case 2: {
              obj.leaf = reader.uint32()
              break
            }
            case 3: {
              obj.depth = reader.uint32()
              break
            }
            case 4: {
              obj.pathKeys = reader.bytes()
              break
            }
            case 5: {
              obj.announcement = reader.bytes()
              break
            }
            case 6: {
              if (opts.limits?.statements != null && obj.statements.length === opts.limits.statements) {
                throw new MaxLengthError('Decode error - repeated field "statements" had too many elements')
              }

              obj.statements.push(reader.bytes())
              break
            }
            case 7: {
              obj.isLogComplete = reader.bool()
              break
            }
            case 8: {
              if (opts.limits?.earlier != null && obj.earlier.length === opts.limits.earlier) {
                throw new MaxLengthError('Decode error - repeated field "earlier" had too many elements')
              }

              obj.earlier.push(EarlierEpochs.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.earlier$
              }))
              break
            }
            case 9: {
              obj.notAfter = reader.uint64Number()
              break
            }
            case 10: {
              obj.init = reader.bytes()
              break
            }
            case 11: {
              obj.control = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          statements: 0,
          earlier: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.epochSecret`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.leaf`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.depth`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.pathKeys`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.announcement`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              if (opts.limits?.statements != null && obj.statements === opts.limits.statements) {
                throw new MaxLengthError('Streaming decode error - repeated field "statements" had too many elements')
              }

              yield {
                field: `${prefix}.statements[]`,
                index: obj.statements,
                value: reader.bytes()
              }

              obj.statements++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.isLogComplete`,
                value: reader.bool()
              }
              break
            }
            case 8: {
              if (opts.limits?.earlier != null && obj.earlier === opts.limits.earlier) {
                throw new MaxLengthError('Streaming decode error - repeated field "earlier" had too many elements')
              }

              for (const evt of EarlierEpochs.codec().stream(reader, reader.uint32(), `${prefix}.earlier[]`, {
                limits: opts.limits?.earlier$
              })) {
                yield {
                  ...evt,
                  index: obj.earlier
                }
              }

              obj.earlier++

              break
            }
            case 9: {
              yield {
                field: `${prefix}.notAfter`,
                value: reader.uint64Number()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.init`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.control`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface GrantContentEpochSecretFieldEvent {
    field: '$.epochSecret'
    value: Uint8Array
  }

  export interface GrantContentLeafFieldEvent {
    field: '$.leaf'
    value: number
  }

  export interface GrantContentDepthFieldEvent {
    field: '$.depth'
    value: number
  }

  export interface GrantContentPathKeysFieldEvent {
    field: '$.pathKeys'
    value: Uint8Array
  }

  export interface GrantContentAnnouncementFieldEvent {
    field: '$.announcement'
    value: Uint8Array
  }

  export interface GrantContentStatementsFieldEvent {
    field: '$.statements[]'
    index: number
    value: Uint8Array
  }

  export interface GrantContentIsLogCompleteFieldEvent {
    field: '$.isLogComplete'
    value: boolean
  }

  export interface GrantContentEarlierTermFieldEvent {
    field: '$.earlier[].term'
    value: number
    index: number
  }

  export interface GrantContentEarlierSerialFieldEvent {
    field: '$.earlier[].serial'
    value: number
    index: number
  }

  export interface GrantContentEarlierReadingSecretsFieldEvent {
    field: '$.earlier[].readingSecrets'
    value: Uint8Array
    index: number
  }

  export interface GrantContentNotAfterFieldEvent {
    field: '$.notAfter'
    value: number
  }

  export interface GrantContentInitFieldEvent {
    field: '$.init'
    value: Uint8Array
  }

  export interface GrantContentControlFieldEvent {
    field: '$.control'
    value: Uint8Array
  }

  export function encode (obj: Partial<GrantContent>): Uint8Array {
    return encodeMessage(obj, GrantContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GrantContent>): GrantContent {
    return decodeMessage(buf, GrantContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GrantContent>): Generator<GrantContentEpochSecretFieldEvent | GrantContentLeafFieldEvent | GrantContentDepthFieldEvent | GrantContentPathKeysFieldEvent | GrantContentAnnouncementFieldEvent | GrantContentStatementsFieldEvent | GrantContentIsLogCompleteFieldEvent | GrantContentEarlierTermFieldEvent | GrantContentEarlierSerialFieldEvent | GrantContentEarlierReadingSecretsFieldEvent | GrantContentNotAfterFieldEvent | GrantContentInitFieldEvent | GrantContentControlFieldEvent> {
    return streamMessage(buf, GrantContent.codec(), opts)
  }
}

export interface EarlierEpochs {
  term: number
  serial: number
  readingSecrets: Uint8Array
}

export namespace EarlierEpochs {
  let _codec: Codec<EarlierEpochs>

  export const codec = (): Codec<EarlierEpochs> => {
    if (_codec == null) {
      _codec = message<EarlierEpochs>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.term)
        }

        if ((obj.serial != null && obj.serial !== 0)) {
          w.uint32(16)
          w.uint32(obj.serial)
        }

        if ((obj.readingSecrets != null && obj.readingSecrets.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.readingSecrets)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          term: 0,
          serial: 0,
          readingSecrets: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.term = reader.uint64Number()
              break
            }
            case 2: {
              obj.serial = reader.uint32()
              break
            }
            case 3: {
              obj.readingSecrets = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.serial`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.readingSecrets`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EarlierEpochsTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface EarlierEpochsSerialFieldEvent {
    field: '$.serial'
    value: number
  }

  export interface EarlierEpochsReadingSecretsFieldEvent {
    field: '$.readingSecrets'
    value: Uint8Array
  }

  export function encode (obj: Partial<EarlierEpochs>): Uint8Array {
    return encodeMessage(obj, EarlierEpochs.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EarlierEpochs>): EarlierEpochs {
    return decodeMessage(buf, EarlierEpochs.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EarlierEpochs>): Generator<EarlierEpochsTermFieldEvent | EarlierEpochsSerialFieldEvent | EarlierEpochsReadingSecretsFieldEvent> {
    return streamMessage(buf, EarlierEpochs.codec(), opts)
  }
}

export enum Reason {
  REASON_UNSPECIFIED = 'REASON_UNSPECIFIED',
  CREATED = 'CREATED',
  ADMITTED = 'ADMITTED',
  REMOVED = 'REMOVED',
  WITHDRAWN = 'WITHDRAWN',
  DEADLINE = 'DEADLINE',
  IDLE = 'IDLE',
  FIRST_MEMBER = 'FIRST_MEMBER',
  DEMAND = 'DEMAND',
  REFRESHED = 'REFRESHED',
  TAKEOVER = 'TAKEOVER',
  DESCRIPTOR_CHANGED = 'DESCRIPTOR_CHANGED',
  MERGED = 'MERGED',
  SCHEDULED = 'SCHEDULED',
  STATED = 'STATED'
}

enum __ReasonValues {
  REASON_UNSPECIFIED = 0,
  CREATED = 1,
  ADMITTED = 2,
  REMOVED = 3,
  WITHDRAWN = 4,
  DEADLINE = 5,
  IDLE = 6,
  FIRST_MEMBER = 7,
  DEMAND = 8,
  REFRESHED = 9,
  TAKEOVER = 10,
  DESCRIPTOR_CHANGED = 11,
  MERGED = 12,
  SCHEDULED = 13,
  STATED = 14
}

export namespace Reason {
  export const codec = (): Codec<Reason> => {
    return enumeration<Reason>(__ReasonValues)
  }
}

export interface Announcement {
  group: Uint8Array
  key?: KeyId
  roster: Uint8Array
  logHead: Uint8Array
  descriptor?: DescriptorRef
  previous: Uint8Array
  reason: Reason
  notAfter: number
  payload: Uint8Array
  chunks: Uint8Array[]
  base?: KeyId
}

export namespace Announcement {
  let _codec: Codec<Announcement>

  export const codec = (): Codec<Announcement> => {
    if (_codec == null) {
      _codec = message<Announcement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if (obj.key != null) {
          w.uint32(18)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.roster != null && obj.roster.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.roster)
        }

        if ((obj.logHead != null && obj.logHead.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.logHead)
        }

        if (obj.descriptor != null) {
          w.uint32(42)
          DescriptorRef.codec().encode(obj.descriptor, w)
        }

        if ((obj.previous != null && obj.previous.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.previous)
        }

        if (obj.reason != null && __ReasonValues[obj.reason] !== 0) {
          w.uint32(56)
          Reason.codec().encode(obj.reason, w)
        }

        if ((obj.notAfter != null && obj.notAfter !== 0)) {
          w.uint32(64)
          w.uint64Number(obj.notAfter)
        }

        if ((obj.payload != null && obj.payload.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.payload)
        }

        if (obj.chunks != null && obj.chunks.length > 0) {
          for (const value of obj.chunks) {
            w.uint32(82)
            w.bytes(value)
          }
        }

        if (obj.base != null) {
          w.uint32(90)
          KeyId.codec().encode(obj.base, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          roster: uint8ArrayAlloc(0),
          logHead: uint8ArrayAlloc(0),
          previous: uint8ArrayAlloc(0),
          reason: Reason.REASON_UNSPECIFIED,
          notAfter: 0,
          payload: uint8ArrayAlloc(0),
          chunks: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.bytes()
              break
            }
            case 2: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 3: {
              obj.roster = reader.bytes()
              break
            }
            case 4: {
              obj.logHead = reader.bytes()
              break
            }
            case 5: {
              obj.descriptor = DescriptorRef.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.descriptor
              })
              break
            }
            case 6: {
              obj.previous = reader.bytes()
              break
            }
            case 7: {
              obj.reason = Reason.codec().decode(reader)
              break
            }
            case 8: {
              obj.notAfter = reader.uint64Number()
              break
            }
            case 9: {
              obj.payload = reader.bytes()
              break
            }
            case 10: {
              if (opts.limits?.chunks != null && obj.chunks.length === opts.limits.chunks) {
                throw new MaxLengthError('Decode error - repeated field "chunks" had too many elements')
              }

              obj.chunks.push(reader.bytes())
              break
            }
            case 11: {
              obj.base = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.base
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          chunks: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.roster`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.logHead`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield * DescriptorRef.codec().stream(reader, reader.uint32(), `${prefix}.descriptor`, {
                limits: opts.limits?.descriptor
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.previous`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.reason`,
                value: Reason.codec().decode(reader)
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.notAfter`,
                value: reader.uint64Number()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.payload`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              if (opts.limits?.chunks != null && obj.chunks === opts.limits.chunks) {
                throw new MaxLengthError('Streaming decode error - repeated field "chunks" had too many elements')
              }

              yield {
                field: `${prefix}.chunks[]`,
                index: obj.chunks,
                value: reader.bytes()
              }

              obj.chunks++

              break
            }
            case 11: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.base`, {
                limits: opts.limits?.base
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AnnouncementGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface AnnouncementKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface AnnouncementKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface AnnouncementKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface AnnouncementRosterFieldEvent {
    field: '$.roster'
    value: Uint8Array
  }

  export interface AnnouncementLogHeadFieldEvent {
    field: '$.logHead'
    value: Uint8Array
  }

  export interface AnnouncementDescriptorVersionFieldEvent {
    field: '$.descriptor.version'
    value: number
  }

  export interface AnnouncementDescriptorHashFieldEvent {
    field: '$.descriptor.hash'
    value: Uint8Array
  }

  export interface AnnouncementPreviousFieldEvent {
    field: '$.previous'
    value: Uint8Array
  }

  export interface AnnouncementReasonFieldEvent {
    field: '$.reason'
    value: Reason
  }

  export interface AnnouncementNotAfterFieldEvent {
    field: '$.notAfter'
    value: number
  }

  export interface AnnouncementPayloadFieldEvent {
    field: '$.payload'
    value: Uint8Array
  }

  export interface AnnouncementChunksFieldEvent {
    field: '$.chunks[]'
    index: number
    value: Uint8Array
  }

  export interface AnnouncementBaseTermFieldEvent {
    field: '$.base.term'
    value: number
  }

  export interface AnnouncementBaseSerialFieldEvent {
    field: '$.base.serial'
    value: number
  }

  export interface AnnouncementBaseCommitmentFieldEvent {
    field: '$.base.commitment'
    value: Uint8Array
  }

  export function encode (obj: Partial<Announcement>): Uint8Array {
    return encodeMessage(obj, Announcement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Announcement>): Announcement {
    return decodeMessage(buf, Announcement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Announcement>): Generator<AnnouncementGroupFieldEvent | AnnouncementKeyTermFieldEvent | AnnouncementKeySerialFieldEvent | AnnouncementKeyCommitmentFieldEvent | AnnouncementRosterFieldEvent | AnnouncementLogHeadFieldEvent | AnnouncementDescriptorVersionFieldEvent | AnnouncementDescriptorHashFieldEvent | AnnouncementPreviousFieldEvent | AnnouncementReasonFieldEvent | AnnouncementNotAfterFieldEvent | AnnouncementPayloadFieldEvent | AnnouncementChunksFieldEvent | AnnouncementBaseTermFieldEvent | AnnouncementBaseSerialFieldEvent | AnnouncementBaseCommitmentFieldEvent> {
    return streamMessage(buf, Announcement.codec(), opts)
  }
}

export interface AnnouncementAttachment {
  payload: Uint8Array
  coSignatures: SignatureBy[]
  certificate: Uint8Array
  attempt: number
}

export namespace AnnouncementAttachment {
  let _codec: Codec<AnnouncementAttachment>

  export const codec = (): Codec<AnnouncementAttachment> => {
    if (_codec == null) {
      _codec = message<AnnouncementAttachment>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.payload != null && obj.payload.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.payload)
        }

        if (obj.coSignatures != null && obj.coSignatures.length > 0) {
          for (const value of obj.coSignatures) {
            w.uint32(18)
            SignatureBy.codec().encode(value, w)
          }
        }

        if ((obj.certificate != null && obj.certificate.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.certificate)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(32)
          w.uint32(obj.attempt)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          payload: uint8ArrayAlloc(0),
          coSignatures: [],
          certificate: uint8ArrayAlloc(0),
          attempt: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.payload = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.coSignatures != null && obj.coSignatures.length === opts.limits.coSignatures) {
                throw new MaxLengthError('Decode error - repeated field "coSignatures" had too many elements')
              }

              obj.coSignatures.push(SignatureBy.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.coSignatures$
              }))
              break
            }
            case 3: {
              obj.certificate = reader.bytes()
              break
            }
            case 4: {
              obj.attempt = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          coSignatures: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.payload`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.coSignatures != null && obj.coSignatures === opts.limits.coSignatures) {
                throw new MaxLengthError('Streaming decode error - repeated field "coSignatures" had too many elements')
              }

              for (const evt of SignatureBy.codec().stream(reader, reader.uint32(), `${prefix}.coSignatures[]`, {
                limits: opts.limits?.coSignatures$
              })) {
                yield {
                  ...evt,
                  index: obj.coSignatures
                }
              }

              obj.coSignatures++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.certificate`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AnnouncementAttachmentPayloadFieldEvent {
    field: '$.payload'
    value: Uint8Array
  }

  export interface AnnouncementAttachmentCoSignaturesSignerFieldEvent {
    field: '$.coSignatures[].signer'
    value: Uint8Array
    index: number
  }

  export interface AnnouncementAttachmentCoSignaturesSignatureFieldEvent {
    field: '$.coSignatures[].signature'
    value: Uint8Array
    index: number
  }

  export interface AnnouncementAttachmentCertificateFieldEvent {
    field: '$.certificate'
    value: Uint8Array
  }

  export interface AnnouncementAttachmentAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export function encode (obj: Partial<AnnouncementAttachment>): Uint8Array {
    return encodeMessage(obj, AnnouncementAttachment.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AnnouncementAttachment>): AnnouncementAttachment {
    return decodeMessage(buf, AnnouncementAttachment.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AnnouncementAttachment>): Generator<AnnouncementAttachmentPayloadFieldEvent | AnnouncementAttachmentCoSignaturesSignerFieldEvent | AnnouncementAttachmentCoSignaturesSignatureFieldEvent | AnnouncementAttachmentCertificateFieldEvent | AnnouncementAttachmentAttemptFieldEvent> {
    return streamMessage(buf, AnnouncementAttachment.codec(), opts)
  }
}

export interface AnnouncementPayload {
  tree?: TreeUpdate
  sealed: Uint8Array
}

export namespace AnnouncementPayload {
  let _codec: Codec<AnnouncementPayload>

  export const codec = (): Codec<AnnouncementPayload> => {
    if (_codec == null) {
      _codec = message<AnnouncementPayload>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.tree != null) {
          w.uint32(10)
          TreeUpdate.codec().encode(obj.tree, w)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.tree = TreeUpdate.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.tree
              })
              break
            }
            case 2: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * TreeUpdate.codec().stream(reader, reader.uint32(), `${prefix}.tree`, {
                limits: opts.limits?.tree
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AnnouncementPayloadTreeKindFieldEvent {
    field: '$.tree.kind'
    value: TreeUpdateKind
  }

  export interface AnnouncementPayloadTreeDepthFieldEvent {
    field: '$.tree.depth'
    value: number
  }

  export interface AnnouncementPayloadTreeAddedFieldEvent {
    field: '$.tree.added[]'
    index: number
    value: number
  }

  export interface AnnouncementPayloadTreeRemovedFieldEvent {
    field: '$.tree.removed[]'
    index: number
    value: number
  }

  export interface AnnouncementPayloadTreeRefreshedFieldEvent {
    field: '$.tree.refreshed[]'
    index: number
    value: number
  }

  export interface AnnouncementPayloadTreeHasFreshRootFieldEvent {
    field: '$.tree.hasFreshRoot'
    value: boolean
  }

  export interface AnnouncementPayloadTreePresentFieldEvent {
    field: '$.tree.present'
    value: Uint8Array
  }

  export interface AnnouncementPayloadTreeWrapsFieldEvent {
    field: '$.tree.wraps'
    value: Uint8Array
  }

  export interface AnnouncementPayloadTreeTermKeyFieldEvent {
    field: '$.tree.termKey'
    value: Uint8Array
  }

  export interface AnnouncementPayloadTreeEncapsulationsFieldEvent {
    field: '$.tree.encapsulations'
    value: Uint8Array
  }

  export interface AnnouncementPayloadSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<AnnouncementPayload>): Uint8Array {
    return encodeMessage(obj, AnnouncementPayload.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AnnouncementPayload>): AnnouncementPayload {
    return decodeMessage(buf, AnnouncementPayload.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AnnouncementPayload>): Generator<AnnouncementPayloadTreeKindFieldEvent | AnnouncementPayloadTreeDepthFieldEvent | AnnouncementPayloadTreeAddedFieldEvent | AnnouncementPayloadTreeRemovedFieldEvent | AnnouncementPayloadTreeRefreshedFieldEvent | AnnouncementPayloadTreeHasFreshRootFieldEvent | AnnouncementPayloadTreePresentFieldEvent | AnnouncementPayloadTreeWrapsFieldEvent | AnnouncementPayloadTreeTermKeyFieldEvent | AnnouncementPayloadTreeEncapsulationsFieldEvent | AnnouncementPayloadSealedFieldEvent> {
    return streamMessage(buf, AnnouncementPayload.codec(), opts)
  }
}

export interface SignatureBy {
  signer: Uint8Array
  signature: Uint8Array
}

export namespace SignatureBy {
  let _codec: Codec<SignatureBy>

  export const codec = (): Codec<SignatureBy> => {
    if (_codec == null) {
      _codec = message<SignatureBy>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.signer != null && obj.signer.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.signer)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          signer: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.signer = reader.bytes()
              break
            }
            case 2: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.signer`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SignatureBySignerFieldEvent {
    field: '$.signer'
    value: Uint8Array
  }

  export interface SignatureBySignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array
  }

  export function encode (obj: Partial<SignatureBy>): Uint8Array {
    return encodeMessage(obj, SignatureBy.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignatureBy>): SignatureBy {
    return decodeMessage(buf, SignatureBy.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignatureBy>): Generator<SignatureBySignerFieldEvent | SignatureBySignatureFieldEvent> {
    return streamMessage(buf, SignatureBy.codec(), opts)
  }
}

export enum TreeUpdateKind {
  STEP = 'STEP',
  PATH = 'PATH',
  REBUILD = 'REBUILD'
}

enum __TreeUpdateKindValues {
  STEP = 0,
  PATH = 1,
  REBUILD = 2
}

export namespace TreeUpdateKind {
  export const codec = (): Codec<TreeUpdateKind> => {
    return enumeration<TreeUpdateKind>(__TreeUpdateKindValues)
  }
}

export interface TreeUpdate {
  kind: TreeUpdateKind
  depth: number
  added: number[]
  removed: number[]
  refreshed: number[]
  hasFreshRoot: boolean
  present: Uint8Array
  wraps: Uint8Array
  termKey: Uint8Array
  encapsulations: Uint8Array
}

export namespace TreeUpdate {
  let _codec: Codec<TreeUpdate>

  export const codec = (): Codec<TreeUpdate> => {
    if (_codec == null) {
      _codec = message<TreeUpdate>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.kind != null && __TreeUpdateKindValues[obj.kind] !== 0) {
          w.uint32(8)
          TreeUpdateKind.codec().encode(obj.kind, w)
        }

        if ((obj.depth != null && obj.depth !== 0)) {
          w.uint32(16)
          w.uint32(obj.depth)
        }

        if (obj.added != null && obj.added.length > 0) {
          for (const value of obj.added) {
            w.uint32(24)
            w.uint32(value)
          }
        }

        if (obj.removed != null && obj.removed.length > 0) {
          for (const value of obj.removed) {
            w.uint32(32)
            w.uint32(value)
          }
        }

        if (obj.refreshed != null && obj.refreshed.length > 0) {
          for (const value of obj.refreshed) {
            w.uint32(40)
            w.uint32(value)
          }
        }

        if ((obj.hasFreshRoot != null && obj.hasFreshRoot !== false)) {
          w.uint32(48)
          w.bool(obj.hasFreshRoot)
        }

        if ((obj.present != null && obj.present.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.present)
        }

        if ((obj.wraps != null && obj.wraps.byteLength > 0)) {
          w.uint32(66)
          w.bytes(obj.wraps)
        }

        if ((obj.termKey != null && obj.termKey.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.termKey)
        }

        if ((obj.encapsulations != null && obj.encapsulations.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.encapsulations)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          kind: TreeUpdateKind.STEP,
          depth: 0,
          added: [],
          removed: [],
          refreshed: [],
          hasFreshRoot: false,
          present: uint8ArrayAlloc(0),
          wraps: uint8ArrayAlloc(0),
          termKey: uint8ArrayAlloc(0),
          encapsulations: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.kind = TreeUpdateKind.codec().decode(reader)
              break
            }
            case 2: {
              obj.depth = reader.uint32()
              break
            }
            case 3: {
              if (opts.limits?.added != null && obj.added.length === opts.limits.added) {
                throw new MaxLengthError('Decode error - repeated field "added" had too many elements')
              }

              obj.added.push(reader.uint32())
              break
            }
            case 4: {
              if (opts.limits?.removed != null && obj.removed.length === opts.limits.removed) {
                throw new MaxLengthError('Decode error - repeated field "removed" had too many elements')
              }

              obj.removed.push(reader.uint32())
              break
            }
            case 5: {
              if (opts.limits?.refreshed != null && obj.refreshed.length === opts.limits.refreshed) {
                throw new MaxLengthError('Decode error - repeated field "refreshed" had too many elements')
              }

              obj.refreshed.push(reader.uint32())
              break
            }
            case 6: {
              obj.hasFreshRoot = reader.bool()
              break
            }
            case 7: {
              obj.present = reader.bytes()
              break
            }
            case 8: {
              obj.wraps = reader.bytes()
              break
            }
            case 9: {
              obj.termKey = reader.bytes()
              break
            }
            case 10: {
              obj.encapsulations = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          added: 0,
          removed: 0,
          refreshed: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.kind`,
                value: TreeUpdateKind.codec().decode(reader)
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.depth`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              if (opts.limits?.added != null && obj.added === opts.limits.added) {
                throw new MaxLengthError('Streaming decode error - repeated field "added" had too many elements')
              }

              yield {
                field: `${prefix}.added[]`,
                index: obj.added,
                value: reader.uint32()
              }

              obj.added++

              break
            }
            case 4: {
              if (opts.limits?.removed != null && obj.removed === opts.limits.removed) {
                throw new MaxLengthError('Streaming decode error - repeated field "removed" had too many elements')
              }

              yield {
                field: `${prefix}.removed[]`,
                index: obj.removed,
                value: reader.uint32()
              }

              obj.removed++

              break
            }
            case 5: {
              if (opts.limits?.refreshed != null && obj.refreshed === opts.limits.refreshed) {
                throw new MaxLengthError('Streaming decode error - repeated field "refreshed" had too many elements')
              }

              yield {
                field: `${prefix}.refreshed[]`,
                index: obj.refreshed,
                value: reader.uint32()
              }

              obj.refreshed++

              break
            }
            case 6: {
              yield {
                field: `${prefix}.hasFreshRoot`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.present`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.wraps`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.termKey`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.encapsulations`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface TreeUpdateKindFieldEvent {
    field: '$.kind'
    value: TreeUpdateKind
  }

  export interface TreeUpdateDepthFieldEvent {
    field: '$.depth'
    value: number
  }

  export interface TreeUpdateAddedFieldEvent {
    field: '$.added[]'
    index: number
    value: number
  }

  export interface TreeUpdateRemovedFieldEvent {
    field: '$.removed[]'
    index: number
    value: number
  }

  export interface TreeUpdateRefreshedFieldEvent {
    field: '$.refreshed[]'
    index: number
    value: number
  }

  export interface TreeUpdateHasFreshRootFieldEvent {
    field: '$.hasFreshRoot'
    value: boolean
  }

  export interface TreeUpdatePresentFieldEvent {
    field: '$.present'
    value: Uint8Array
  }

  export interface TreeUpdateWrapsFieldEvent {
    field: '$.wraps'
    value: Uint8Array
  }

  export interface TreeUpdateTermKeyFieldEvent {
    field: '$.termKey'
    value: Uint8Array
  }

  export interface TreeUpdateEncapsulationsFieldEvent {
    field: '$.encapsulations'
    value: Uint8Array
  }

  export function encode (obj: Partial<TreeUpdate>): Uint8Array {
    return encodeMessage(obj, TreeUpdate.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TreeUpdate>): TreeUpdate {
    return decodeMessage(buf, TreeUpdate.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TreeUpdate>): Generator<TreeUpdateKindFieldEvent | TreeUpdateDepthFieldEvent | TreeUpdateAddedFieldEvent | TreeUpdateRemovedFieldEvent | TreeUpdateRefreshedFieldEvent | TreeUpdateHasFreshRootFieldEvent | TreeUpdatePresentFieldEvent | TreeUpdateWrapsFieldEvent | TreeUpdateTermKeyFieldEvent | TreeUpdateEncapsulationsFieldEvent> {
    return streamMessage(buf, TreeUpdate.codec(), opts)
  }
}

export interface Chunk {
  announcement: Uint8Array
  index: number
  data: Uint8Array
}

export namespace Chunk {
  let _codec: Codec<Chunk>

  export const codec = (): Codec<Chunk> => {
    if (_codec == null) {
      _codec = message<Chunk>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.announcement != null && obj.announcement.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.announcement)
        }

        if ((obj.index != null && obj.index !== 0)) {
          w.uint32(16)
          w.uint32(obj.index)
        }

        if ((obj.data != null && obj.data.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.data)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          announcement: uint8ArrayAlloc(0),
          index: 0,
          data: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.announcement = reader.bytes()
              break
            }
            case 2: {
              obj.index = reader.uint32()
              break
            }
            case 3: {
              obj.data = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.announcement`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.index`,
                value: reader.uint32()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.data`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface ChunkAnnouncementFieldEvent {
    field: '$.announcement'
    value: Uint8Array
  }

  export interface ChunkIndexFieldEvent {
    field: '$.index'
    value: number
  }

  export interface ChunkDataFieldEvent {
    field: '$.data'
    value: Uint8Array
  }

  export function encode (obj: Partial<Chunk>): Uint8Array {
    return encodeMessage(obj, Chunk.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Chunk>): Chunk {
    return decodeMessage(buf, Chunk.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Chunk>): Generator<ChunkAnnouncementFieldEvent | ChunkIndexFieldEvent | ChunkDataFieldEvent> {
    return streamMessage(buf, Chunk.codec(), opts)
  }
}

export interface CoSignature {
  announcement: Uint8Array
  term: number
  serial: number
  signature: Uint8Array
  promisedTerm: number
  promisedSerial: number
  attempt: number
}

export namespace CoSignature {
  let _codec: Codec<CoSignature>

  export const codec = (): Codec<CoSignature> => {
    if (_codec == null) {
      _codec = message<CoSignature>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.announcement != null && obj.announcement.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.announcement)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if ((obj.serial != null && obj.serial !== 0)) {
          w.uint32(24)
          w.uint32(obj.serial)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.signature)
        }

        if ((obj.promisedTerm != null && obj.promisedTerm !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.promisedTerm)
        }

        if ((obj.promisedSerial != null && obj.promisedSerial !== 0)) {
          w.uint32(48)
          w.uint32(obj.promisedSerial)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(56)
          w.uint32(obj.attempt)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          announcement: uint8ArrayAlloc(0),
          term: 0,
          serial: 0,
          signature: uint8ArrayAlloc(0),
          promisedTerm: 0,
          promisedSerial: 0,
          attempt: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.announcement = reader.bytes()
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.serial = reader.uint32()
              break
            }
            case 4: {
              obj.signature = reader.bytes()
              break
            }
            case 5: {
              obj.promisedTerm = reader.uint64Number()
              break
            }
            case 6: {
              obj.promisedSerial = reader.uint32()
              break
            }
            case 7: {
              obj.attempt = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.announcement`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.serial`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.promisedTerm`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.promisedSerial`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface CoSignatureAnnouncementFieldEvent {
    field: '$.announcement'
    value: Uint8Array
  }

  export interface CoSignatureTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface CoSignatureSerialFieldEvent {
    field: '$.serial'
    value: number
  }

  export interface CoSignatureSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array
  }

  export interface CoSignaturePromisedTermFieldEvent {
    field: '$.promisedTerm'
    value: number
  }

  export interface CoSignaturePromisedSerialFieldEvent {
    field: '$.promisedSerial'
    value: number
  }

  export interface CoSignatureAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export function encode (obj: Partial<CoSignature>): Uint8Array {
    return encodeMessage(obj, CoSignature.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CoSignature>): CoSignature {
    return decodeMessage(buf, CoSignature.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CoSignature>): Generator<CoSignatureAnnouncementFieldEvent | CoSignatureTermFieldEvent | CoSignatureSerialFieldEvent | CoSignatureSignatureFieldEvent | CoSignaturePromisedTermFieldEvent | CoSignaturePromisedSerialFieldEvent | CoSignatureAttemptFieldEvent> {
    return streamMessage(buf, CoSignature.codec(), opts)
  }
}

export interface Heartbeat {
  group: Uint8Array
  term: number
  counter: number
  announcement: Uint8Array
  logHead: Uint8Array
  descriptor?: DescriptorRef
  isBacked: boolean
  boot: Uint8Array
  isFollowing: boolean
}

export namespace Heartbeat {
  let _codec: Codec<Heartbeat>

  export const codec = (): Codec<Heartbeat> => {
    if (_codec == null) {
      _codec = message<Heartbeat>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if ((obj.term != null && obj.term !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.term)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.counter)
        }

        if ((obj.announcement != null && obj.announcement.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.announcement)
        }

        if ((obj.logHead != null && obj.logHead.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.logHead)
        }

        if (obj.descriptor != null) {
          w.uint32(50)
          DescriptorRef.codec().encode(obj.descriptor, w)
        }

        if ((obj.isBacked != null && obj.isBacked !== false)) {
          w.uint32(56)
          w.bool(obj.isBacked)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(66)
          w.bytes(obj.boot)
        }

        if ((obj.isFollowing != null && obj.isFollowing !== false)) {
          w.uint32(72)
          w.bool(obj.isFollowing)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          term: 0,
          counter: 0,
          announcement: uint8ArrayAlloc(0),
          logHead: uint8ArrayAlloc(0),
          isBacked: false,
          boot: uint8ArrayAlloc(0),
          isFollowing: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.bytes()
              break
            }
            case 2: {
              obj.term = reader.uint64Number()
              break
            }
            case 3: {
              obj.counter = reader.uint64Number()
              break
            }
            case 4: {
              obj.announcement = reader.bytes()
              break
            }
            case 5: {
              obj.logHead = reader.bytes()
              break
            }
            case 6: {
              obj.descriptor = DescriptorRef.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.descriptor
              })
              break
            }
            case 7: {
              obj.isBacked = reader.bool()
              break
            }
            case 8: {
              obj.boot = reader.bytes()
              break
            }
            case 9: {
              obj.isFollowing = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.term`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.announcement`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.logHead`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield * DescriptorRef.codec().stream(reader, reader.uint32(), `${prefix}.descriptor`, {
                limits: opts.limits?.descriptor
              })

              break
            }
            case 7: {
              yield {
                field: `${prefix}.isBacked`,
                value: reader.bool()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.isFollowing`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HeartbeatGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface HeartbeatTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface HeartbeatCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export interface HeartbeatAnnouncementFieldEvent {
    field: '$.announcement'
    value: Uint8Array
  }

  export interface HeartbeatLogHeadFieldEvent {
    field: '$.logHead'
    value: Uint8Array
  }

  export interface HeartbeatDescriptorVersionFieldEvent {
    field: '$.descriptor.version'
    value: number
  }

  export interface HeartbeatDescriptorHashFieldEvent {
    field: '$.descriptor.hash'
    value: Uint8Array
  }

  export interface HeartbeatIsBackedFieldEvent {
    field: '$.isBacked'
    value: boolean
  }

  export interface HeartbeatBootFieldEvent {
    field: '$.boot'
    value: Uint8Array
  }

  export interface HeartbeatIsFollowingFieldEvent {
    field: '$.isFollowing'
    value: boolean
  }

  export function encode (obj: Partial<Heartbeat>): Uint8Array {
    return encodeMessage(obj, Heartbeat.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Heartbeat>): Heartbeat {
    return decodeMessage(buf, Heartbeat.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Heartbeat>): Generator<HeartbeatGroupFieldEvent | HeartbeatTermFieldEvent | HeartbeatCounterFieldEvent | HeartbeatAnnouncementFieldEvent | HeartbeatLogHeadFieldEvent | HeartbeatDescriptorVersionFieldEvent | HeartbeatDescriptorHashFieldEvent | HeartbeatIsBackedFieldEvent | HeartbeatBootFieldEvent | HeartbeatIsFollowingFieldEvent> {
    return streamMessage(buf, Heartbeat.codec(), opts)
  }
}

export interface Alarm {
  first: Uint8Array
  second: Uint8Array
  at: number
}

export namespace Alarm {
  let _codec: Codec<Alarm>

  export const codec = (): Codec<Alarm> => {
    if (_codec == null) {
      _codec = message<Alarm>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.first != null && obj.first.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.first)
        }

        if ((obj.second != null && obj.second.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.second)
        }

        if ((obj.at != null && obj.at !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.at)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          first: uint8ArrayAlloc(0),
          second: uint8ArrayAlloc(0),
          at: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.first = reader.bytes()
              break
            }
            case 2: {
              obj.second = reader.bytes()
              break
            }
            case 3: {
              obj.at = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.first`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.second`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.at`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AlarmFirstFieldEvent {
    field: '$.first'
    value: Uint8Array
  }

  export interface AlarmSecondFieldEvent {
    field: '$.second'
    value: Uint8Array
  }

  export interface AlarmAtFieldEvent {
    field: '$.at'
    value: number
  }

  export function encode (obj: Partial<Alarm>): Uint8Array {
    return encodeMessage(obj, Alarm.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Alarm>): Alarm {
    return decodeMessage(buf, Alarm.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Alarm>): Generator<AlarmFirstFieldEvent | AlarmSecondFieldEvent | AlarmAtFieldEvent> {
    return streamMessage(buf, Alarm.codec(), opts)
  }
}

export interface Demand {
  key?: KeyId
  sealed: Uint8Array
}

export namespace Demand {
  let _codec: Codec<Demand>

  export const codec = (): Codec<Demand> => {
    if (_codec == null) {
      _codec = message<Demand>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.key != null) {
          w.uint32(10)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 2: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DemandKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface DemandKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface DemandKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface DemandSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<Demand>): Uint8Array {
    return encodeMessage(obj, Demand.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Demand>): Demand {
    return decodeMessage(buf, Demand.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Demand>): Generator<DemandKeyTermFieldEvent | DemandKeySerialFieldEvent | DemandKeyCommitmentFieldEvent | DemandSealedFieldEvent> {
    return streamMessage(buf, Demand.codec(), opts)
  }
}

export interface DemandContent {
  group: Uint8Array
  announcement: Uint8Array
}

export namespace DemandContent {
  let _codec: Codec<DemandContent>

  export const codec = (): Codec<DemandContent> => {
    if (_codec == null) {
      _codec = message<DemandContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if ((obj.announcement != null && obj.announcement.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.announcement)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          announcement: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.bytes()
              break
            }
            case 2: {
              obj.announcement = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.announcement`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DemandContentGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface DemandContentAnnouncementFieldEvent {
    field: '$.announcement'
    value: Uint8Array
  }

  export function encode (obj: Partial<DemandContent>): Uint8Array {
    return encodeMessage(obj, DemandContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DemandContent>): DemandContent {
    return decodeMessage(buf, DemandContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DemandContent>): Generator<DemandContentGroupFieldEvent | DemandContentAnnouncementFieldEvent> {
    return streamMessage(buf, DemandContent.codec(), opts)
  }
}

export enum Operation {
  OPERATION_UNSPECIFIED = 'OPERATION_UNSPECIFIED',
  ADMIT = 'ADMIT',
  REMOVE = 'REMOVE',
  WITHDRAW = 'WITHDRAW',
  REGISTER_NICK = 'REGISTER_NICK',
  MAKE_GROUP = 'MAKE_GROUP',
  DISSOLVE_GROUP = 'DISSOLVE_GROUP',
  PUT_INTO_GROUP = 'PUT_INTO_GROUP',
  TAKE_OUT_OF_GROUP = 'TAKE_OUT_OF_GROUP',
  INVITE = 'INVITE',
  REVOKE_INVITE = 'REVOKE_INVITE'
}

enum __OperationValues {
  OPERATION_UNSPECIFIED = 0,
  ADMIT = 1,
  REMOVE = 2,
  WITHDRAW = 3,
  REGISTER_NICK = 4,
  MAKE_GROUP = 5,
  DISSOLVE_GROUP = 6,
  PUT_INTO_GROUP = 7,
  TAKE_OUT_OF_GROUP = 8,
  INVITE = 9,
  REVOKE_INVITE = 10
}

export namespace Operation {
  export const codec = (): Codec<Operation> => {
    return enumeration<Operation>(__OperationValues)
  }
}

export interface SignedStatement {
  author: Uint8Array
  content: Uint8Array
  signature: Uint8Array
}

export namespace SignedStatement {
  let _codec: Codec<SignedStatement>

  export const codec = (): Codec<SignedStatement> => {
    if (_codec == null) {
      _codec = message<SignedStatement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.author != null && obj.author.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.author)
        }

        if ((obj.content != null && obj.content.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.content)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          author: uint8ArrayAlloc(0),
          content: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.author = reader.bytes()
              break
            }
            case 2: {
              obj.content = reader.bytes()
              break
            }
            case 3: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.author`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.content`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SignedStatementAuthorFieldEvent {
    field: '$.author'
    value: Uint8Array
  }

  export interface SignedStatementContentFieldEvent {
    field: '$.content'
    value: Uint8Array
  }

  export interface SignedStatementSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array
  }

  export function encode (obj: Partial<SignedStatement>): Uint8Array {
    return encodeMessage(obj, SignedStatement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedStatement>): SignedStatement {
    return decodeMessage(buf, SignedStatement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedStatement>): Generator<SignedStatementAuthorFieldEvent | SignedStatementContentFieldEvent | SignedStatementSignatureFieldEvent> {
    return streamMessage(buf, SignedStatement.codec(), opts)
  }
}

export interface Statement {
  channel: Uint8Array
  operation: Operation
  subject: Uint8Array
  group: Uint8Array
  admitId: Uint8Array
  ends: Uint8Array[]
  heads: Head[]
  name: string
  token: Uint8Array
  uses: number
  expiresAt: number
  previous: Uint8Array
  seq: number
  at: number
  isForCause: boolean
}

export namespace Statement {
  let _codec: Codec<Statement>

  export const codec = (): Codec<Statement> => {
    if (_codec == null) {
      _codec = message<Statement>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if (obj.operation != null && __OperationValues[obj.operation] !== 0) {
          w.uint32(16)
          Operation.codec().encode(obj.operation, w)
        }

        if ((obj.subject != null && obj.subject.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.subject)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.group)
        }

        if ((obj.admitId != null && obj.admitId.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.admitId)
        }

        if (obj.ends != null && obj.ends.length > 0) {
          for (const value of obj.ends) {
            w.uint32(50)
            w.bytes(value)
          }
        }

        if (obj.heads != null && obj.heads.length > 0) {
          for (const value of obj.heads) {
            w.uint32(58)
            Head.codec().encode(value, w)
          }
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(66)
          w.string(obj.name)
        }

        if ((obj.token != null && obj.token.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.token)
        }

        if ((obj.uses != null && obj.uses !== 0)) {
          w.uint32(80)
          w.uint32(obj.uses)
        }

        if ((obj.expiresAt != null && obj.expiresAt !== 0)) {
          w.uint32(88)
          w.uint64Number(obj.expiresAt)
        }

        if ((obj.previous != null && obj.previous.byteLength > 0)) {
          w.uint32(98)
          w.bytes(obj.previous)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(104)
          w.uint64Number(obj.seq)
        }

        if ((obj.at != null && obj.at !== 0)) {
          w.uint32(112)
          w.uint64Number(obj.at)
        }

        if ((obj.isForCause != null && obj.isForCause !== false)) {
          w.uint32(120)
          w.bool(obj.isForCause)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          operation: Operation.OPERATION_UNSPECIFIED,
          subject: uint8ArrayAlloc(0),
          group: uint8ArrayAlloc(0),
          admitId: uint8ArrayAlloc(0),
          ends: [],
          heads: [],
          name: '',
          token: uint8ArrayAlloc(0),
          uses: 0,
          expiresAt: 0,
          previous: uint8ArrayAlloc(0),
          seq: 0,
          at: 0,
          isForCause: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.operation = Operation.codec().decode(reader)
              break
            }
            case 3: {
              obj.subject = reader.bytes()
              break
            }
            case 4: {
              obj.group = reader.bytes()
              break
            }
            case 5: {
              obj.admitId = reader.bytes()
              break
            }
            case 6: {
              if (opts.limits?.ends != null && obj.ends.length === opts.limits.ends) {
                throw new MaxLengthError('Decode error - repeated field "ends" had too many elements')
              }

              obj.ends.push(reader.bytes())
              break
            }
            case 7: {
              if (opts.limits?.heads != null && obj.heads.length === opts.limits.heads) {
                throw new MaxLengthError('Decode error - repeated field "heads" had too many elements')
              }

              obj.heads.push(Head.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.heads$
              }))
              break
            }
            case 8: {
              obj.name = reader.string()
              break
            }
            case 9: {
              obj.token = reader.bytes()
              break
            }
            case 10: {
              obj.uses = reader.uint32()
              break
            }
            case 11: {
              obj.expiresAt = reader.uint64Number()
              break
            }
            case 12: {
              obj.previous = reader.bytes()
              break
            }
            case 13: {
              obj.seq = reader.uint64Number()
              break
            }
            case 14: {
              obj.at = reader.uint64Number()
              break
            }
            case 15: {
              obj.isForCause = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ends: 0,
          heads: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.operation`,
                value: Operation.codec().decode(reader)
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.subject`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.admitId`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              if (opts.limits?.ends != null && obj.ends === opts.limits.ends) {
                throw new MaxLengthError('Streaming decode error - repeated field "ends" had too many elements')
              }

              yield {
                field: `${prefix}.ends[]`,
                index: obj.ends,
                value: reader.bytes()
              }

              obj.ends++

              break
            }
            case 7: {
              if (opts.limits?.heads != null && obj.heads === opts.limits.heads) {
                throw new MaxLengthError('Streaming decode error - repeated field "heads" had too many elements')
              }

              for (const evt of Head.codec().stream(reader, reader.uint32(), `${prefix}.heads[]`, {
                limits: opts.limits?.heads$
              })) {
                yield {
                  ...evt,
                  index: obj.heads
                }
              }

              obj.heads++

              break
            }
            case 8: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.token`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.uses`,
                value: reader.uint32()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.expiresAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.previous`,
                value: reader.bytes()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.at`,
                value: reader.uint64Number()
              }
              break
            }
            case 15: {
              yield {
                field: `${prefix}.isForCause`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StatementChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface StatementOperationFieldEvent {
    field: '$.operation'
    value: Operation
  }

  export interface StatementSubjectFieldEvent {
    field: '$.subject'
    value: Uint8Array
  }

  export interface StatementGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface StatementAdmitIdFieldEvent {
    field: '$.admitId'
    value: Uint8Array
  }

  export interface StatementEndsFieldEvent {
    field: '$.ends[]'
    index: number
    value: Uint8Array
  }

  export interface StatementHeadsBootFieldEvent {
    field: '$.heads[].boot'
    value: Uint8Array
    index: number
  }

  export interface StatementHeadsCounterFieldEvent {
    field: '$.heads[].counter'
    value: number
    index: number
  }

  export interface StatementNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface StatementTokenFieldEvent {
    field: '$.token'
    value: Uint8Array
  }

  export interface StatementUsesFieldEvent {
    field: '$.uses'
    value: number
  }

  export interface StatementExpiresAtFieldEvent {
    field: '$.expiresAt'
    value: number
  }

  export interface StatementPreviousFieldEvent {
    field: '$.previous'
    value: Uint8Array
  }

  export interface StatementSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface StatementAtFieldEvent {
    field: '$.at'
    value: number
  }

  export interface StatementIsForCauseFieldEvent {
    field: '$.isForCause'
    value: boolean
  }

  export function encode (obj: Partial<Statement>): Uint8Array {
    return encodeMessage(obj, Statement.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Statement>): Statement {
    return decodeMessage(buf, Statement.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Statement>): Generator<StatementChannelFieldEvent | StatementOperationFieldEvent | StatementSubjectFieldEvent | StatementGroupFieldEvent | StatementAdmitIdFieldEvent | StatementEndsFieldEvent | StatementHeadsBootFieldEvent | StatementHeadsCounterFieldEvent | StatementNameFieldEvent | StatementTokenFieldEvent | StatementUsesFieldEvent | StatementExpiresAtFieldEvent | StatementPreviousFieldEvent | StatementSeqFieldEvent | StatementAtFieldEvent | StatementIsForCauseFieldEvent> {
    return streamMessage(buf, Statement.codec(), opts)
  }
}

export interface Head {
  boot: Uint8Array
  counter: number
}

export namespace Head {
  let _codec: Codec<Head>

  export const codec = (): Codec<Head> => {
    if (_codec == null) {
      _codec = message<Head>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.boot)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.counter)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          boot: uint8ArrayAlloc(0),
          counter: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.boot = reader.bytes()
              break
            }
            case 2: {
              obj.counter = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface HeadBootFieldEvent {
    field: '$.boot'
    value: Uint8Array
  }

  export interface HeadCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export function encode (obj: Partial<Head>): Uint8Array {
    return encodeMessage(obj, Head.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Head>): Head {
    return decodeMessage(buf, Head.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Head>): Generator<HeadBootFieldEvent | HeadCounterFieldEvent> {
    return streamMessage(buf, Head.codec(), opts)
  }
}

export interface StatementFrame {
  key?: KeyId
  sealed: Uint8Array
}

export namespace StatementFrame {
  let _codec: Codec<StatementFrame>

  export const codec = (): Codec<StatementFrame> => {
    if (_codec == null) {
      _codec = message<StatementFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.key != null) {
          w.uint32(10)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 2: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StatementFrameKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface StatementFrameKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface StatementFrameKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface StatementFrameSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<StatementFrame>): Uint8Array {
    return encodeMessage(obj, StatementFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StatementFrame>): StatementFrame {
    return decodeMessage(buf, StatementFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StatementFrame>): Generator<StatementFrameKeyTermFieldEvent | StatementFrameKeySerialFieldEvent | StatementFrameKeyCommitmentFieldEvent | StatementFrameSealedFieldEvent> {
    return streamMessage(buf, StatementFrame.codec(), opts)
  }
}

export interface StatementList {
  statements: Uint8Array[]
}

export namespace StatementList {
  let _codec: Codec<StatementList>

  export const codec = (): Codec<StatementList> => {
    if (_codec == null) {
      _codec = message<StatementList>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.statements != null && obj.statements.length > 0) {
          for (const value of obj.statements) {
            w.uint32(10)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          statements: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.statements != null && obj.statements.length === opts.limits.statements) {
                throw new MaxLengthError('Decode error - repeated field "statements" had too many elements')
              }

              obj.statements.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          statements: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.statements != null && obj.statements === opts.limits.statements) {
                throw new MaxLengthError('Streaming decode error - repeated field "statements" had too many elements')
              }

              yield {
                field: `${prefix}.statements[]`,
                index: obj.statements,
                value: reader.bytes()
              }

              obj.statements++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StatementListStatementsFieldEvent {
    field: '$.statements[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<StatementList>): Uint8Array {
    return encodeMessage(obj, StatementList.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StatementList>): StatementList {
    return decodeMessage(buf, StatementList.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StatementList>): Generator<StatementListStatementsFieldEvent> {
    return streamMessage(buf, StatementList.codec(), opts)
  }
}

export interface Digest {
  key?: KeyId
  sealed: Uint8Array
}

export namespace Digest {
  let _codec: Codec<Digest>

  export const codec = (): Codec<Digest> => {
    if (_codec == null) {
      _codec = message<Digest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.key != null) {
          w.uint32(10)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 2: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DigestKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface DigestKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface DigestKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface DigestSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<Digest>): Uint8Array {
    return encodeMessage(obj, Digest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Digest>): Digest {
    return decodeMessage(buf, Digest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Digest>): Generator<DigestKeyTermFieldEvent | DigestKeySerialFieldEvent | DigestKeyCommitmentFieldEvent | DigestSealedFieldEvent> {
    return streamMessage(buf, Digest.codec(), opts)
  }
}

export interface DigestContent {
  seen: Seen[]
  logHead: Uint8Array
  lamport: number
  record: Uint8Array
  boot: Uint8Array
  counter: number
  descriptor?: DescriptorRef
}

export namespace DigestContent {
  let _codec: Codec<DigestContent>

  export const codec = (): Codec<DigestContent> => {
    if (_codec == null) {
      _codec = message<DigestContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.seen != null && obj.seen.length > 0) {
          for (const value of obj.seen) {
            w.uint32(10)
            Seen.codec().encode(value, w)
          }
        }

        if ((obj.logHead != null && obj.logHead.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.logHead)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.lamport)
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.record)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.boot)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(48)
          w.uint32(obj.counter)
        }

        if (obj.descriptor != null) {
          w.uint32(58)
          DescriptorRef.codec().encode(obj.descriptor, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          seen: [],
          logHead: uint8ArrayAlloc(0),
          lamport: 0,
          record: uint8ArrayAlloc(0),
          boot: uint8ArrayAlloc(0),
          counter: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.seen != null && obj.seen.length === opts.limits.seen) {
                throw new MaxLengthError('Decode error - repeated field "seen" had too many elements')
              }

              obj.seen.push(Seen.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.seen$
              }))
              break
            }
            case 2: {
              obj.logHead = reader.bytes()
              break
            }
            case 3: {
              obj.lamport = reader.uint64Number()
              break
            }
            case 4: {
              obj.record = reader.bytes()
              break
            }
            case 5: {
              obj.boot = reader.bytes()
              break
            }
            case 6: {
              obj.counter = reader.uint32()
              break
            }
            case 7: {
              obj.descriptor = DescriptorRef.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.descriptor
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          seen: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.seen != null && obj.seen === opts.limits.seen) {
                throw new MaxLengthError('Streaming decode error - repeated field "seen" had too many elements')
              }

              for (const evt of Seen.codec().stream(reader, reader.uint32(), `${prefix}.seen[]`, {
                limits: opts.limits?.seen$
              })) {
                yield {
                  ...evt,
                  index: obj.seen
                }
              }

              obj.seen++

              break
            }
            case 2: {
              yield {
                field: `${prefix}.logHead`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.lamport`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              yield * DescriptorRef.codec().stream(reader, reader.uint32(), `${prefix}.descriptor`, {
                limits: opts.limits?.descriptor
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DigestContentSeenSenderFieldEvent {
    field: '$.seen[].sender'
    value: Uint8Array
    index: number
  }

  export interface DigestContentSeenGroupFieldEvent {
    field: '$.seen[].group'
    value: Uint8Array
    index: number
  }

  export interface DigestContentSeenLamportFieldEvent {
    field: '$.seen[].lamport'
    value: number
    index: number
  }

  export interface DigestContentLogHeadFieldEvent {
    field: '$.logHead'
    value: Uint8Array
  }

  export interface DigestContentLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface DigestContentRecordFieldEvent {
    field: '$.record'
    value: Uint8Array
  }

  export interface DigestContentBootFieldEvent {
    field: '$.boot'
    value: Uint8Array
  }

  export interface DigestContentCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export interface DigestContentDescriptorVersionFieldEvent {
    field: '$.descriptor.version'
    value: number
  }

  export interface DigestContentDescriptorHashFieldEvent {
    field: '$.descriptor.hash'
    value: Uint8Array
  }

  export function encode (obj: Partial<DigestContent>): Uint8Array {
    return encodeMessage(obj, DigestContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestContent>): DigestContent {
    return decodeMessage(buf, DigestContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DigestContent>): Generator<DigestContentSeenSenderFieldEvent | DigestContentSeenGroupFieldEvent | DigestContentSeenLamportFieldEvent | DigestContentLogHeadFieldEvent | DigestContentLamportFieldEvent | DigestContentRecordFieldEvent | DigestContentBootFieldEvent | DigestContentCounterFieldEvent | DigestContentDescriptorVersionFieldEvent | DigestContentDescriptorHashFieldEvent> {
    return streamMessage(buf, DigestContent.codec(), opts)
  }
}

export interface Seen {
  sender: Uint8Array
  group: Uint8Array
  lamport: number
}

export namespace Seen {
  let _codec: Codec<Seen>

  export const codec = (): Codec<Seen> => {
    if (_codec == null) {
      _codec = message<Seen>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sender != null && obj.sender.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.sender)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.group)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.lamport)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sender: uint8ArrayAlloc(0),
          group: uint8ArrayAlloc(0),
          lamport: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sender = reader.bytes()
              break
            }
            case 2: {
              obj.group = reader.bytes()
              break
            }
            case 3: {
              obj.lamport = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sender`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.lamport`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SeenSenderFieldEvent {
    field: '$.sender'
    value: Uint8Array
  }

  export interface SeenGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface SeenLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export function encode (obj: Partial<Seen>): Uint8Array {
    return encodeMessage(obj, Seen.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Seen>): Seen {
    return decodeMessage(buf, Seen.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Seen>): Generator<SeenSenderFieldEvent | SeenGroupFieldEvent | SeenLamportFieldEvent> {
    return streamMessage(buf, Seen.codec(), opts)
  }
}

export interface PublicKeyRequest {
  key?: KeyId
  sealed: Uint8Array
}

export namespace PublicKeyRequest {
  let _codec: Codec<PublicKeyRequest>

  export const codec = (): Codec<PublicKeyRequest> => {
    if (_codec == null) {
      _codec = message<PublicKeyRequest>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.key != null) {
          w.uint32(10)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 2: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 2: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PublicKeyRequestKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface PublicKeyRequestKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface PublicKeyRequestKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface PublicKeyRequestSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<PublicKeyRequest>): Uint8Array {
    return encodeMessage(obj, PublicKeyRequest.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyRequest>): PublicKeyRequest {
    return decodeMessage(buf, PublicKeyRequest.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyRequest>): Generator<PublicKeyRequestKeyTermFieldEvent | PublicKeyRequestKeySerialFieldEvent | PublicKeyRequestKeyCommitmentFieldEvent | PublicKeyRequestSealedFieldEvent> {
    return streamMessage(buf, PublicKeyRequest.codec(), opts)
  }
}

export interface PublicKeyRequestContent {
  nonce: Uint8Array
  oneTimeKey: Uint8Array
  user: Uint8Array
  nick: string
}

export namespace PublicKeyRequestContent {
  let _codec: Codec<PublicKeyRequestContent>

  export const codec = (): Codec<PublicKeyRequestContent> => {
    if (_codec == null) {
      _codec = message<PublicKeyRequestContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.nonce)
        }

        if ((obj.oneTimeKey != null && obj.oneTimeKey.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.oneTimeKey)
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.user)
        }

        if ((obj.nick != null && obj.nick !== '')) {
          w.uint32(34)
          w.string(obj.nick)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          nonce: uint8ArrayAlloc(0),
          oneTimeKey: uint8ArrayAlloc(0),
          user: uint8ArrayAlloc(0),
          nick: ''
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.nonce = reader.bytes()
              break
            }
            case 2: {
              obj.oneTimeKey = reader.bytes()
              break
            }
            case 3: {
              obj.user = reader.bytes()
              break
            }
            case 4: {
              obj.nick = reader.string()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.nonce`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.oneTimeKey`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.user`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.nick`,
                value: reader.string()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PublicKeyRequestContentNonceFieldEvent {
    field: '$.nonce'
    value: Uint8Array
  }

  export interface PublicKeyRequestContentOneTimeKeyFieldEvent {
    field: '$.oneTimeKey'
    value: Uint8Array
  }

  export interface PublicKeyRequestContentUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface PublicKeyRequestContentNickFieldEvent {
    field: '$.nick'
    value: string
  }

  export function encode (obj: Partial<PublicKeyRequestContent>): Uint8Array {
    return encodeMessage(obj, PublicKeyRequestContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyRequestContent>): PublicKeyRequestContent {
    return decodeMessage(buf, PublicKeyRequestContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyRequestContent>): Generator<PublicKeyRequestContentNonceFieldEvent | PublicKeyRequestContentOneTimeKeyFieldEvent | PublicKeyRequestContentUserFieldEvent | PublicKeyRequestContentNickFieldEvent> {
    return streamMessage(buf, PublicKeyRequestContent.codec(), opts)
  }
}

export interface PublicKeyAnswer {
  request: Uint8Array
  enc: Uint8Array
  sealed: Uint8Array
}

export namespace PublicKeyAnswer {
  let _codec: Codec<PublicKeyAnswer>

  export const codec = (): Codec<PublicKeyAnswer> => {
    if (_codec == null) {
      _codec = message<PublicKeyAnswer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.request != null && obj.request.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.request)
        }

        if ((obj.enc != null && obj.enc.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.enc)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          request: uint8ArrayAlloc(0),
          enc: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.request = reader.bytes()
              break
            }
            case 2: {
              obj.enc = reader.bytes()
              break
            }
            case 3: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.request`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.enc`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PublicKeyAnswerRequestFieldEvent {
    field: '$.request'
    value: Uint8Array
  }

  export interface PublicKeyAnswerEncFieldEvent {
    field: '$.enc'
    value: Uint8Array
  }

  export interface PublicKeyAnswerSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<PublicKeyAnswer>): Uint8Array {
    return encodeMessage(obj, PublicKeyAnswer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyAnswer>): PublicKeyAnswer {
    return decodeMessage(buf, PublicKeyAnswer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyAnswer>): Generator<PublicKeyAnswerRequestFieldEvent | PublicKeyAnswerEncFieldEvent | PublicKeyAnswerSealedFieldEvent> {
    return streamMessage(buf, PublicKeyAnswer.codec(), opts)
  }
}

export interface PublicKeyAnswerContent {
  record: Uint8Array
}

export namespace PublicKeyAnswerContent {
  let _codec: Codec<PublicKeyAnswerContent>

  export const codec = (): Codec<PublicKeyAnswerContent> => {
    if (_codec == null) {
      _codec = message<PublicKeyAnswerContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.record)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          record: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.record = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PublicKeyAnswerContentRecordFieldEvent {
    field: '$.record'
    value: Uint8Array
  }

  export function encode (obj: Partial<PublicKeyAnswerContent>): Uint8Array {
    return encodeMessage(obj, PublicKeyAnswerContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyAnswerContent>): PublicKeyAnswerContent {
    return decodeMessage(buf, PublicKeyAnswerContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicKeyAnswerContent>): Generator<PublicKeyAnswerContentRecordFieldEvent> {
    return streamMessage(buf, PublicKeyAnswerContent.codec(), opts)
  }
}

export interface SessionFrame {
  tag: Uint8Array
  start?: SessionStart
  header: Uint8Array
  sealed: Uint8Array
  attempt: number
  lamport: number
}

export namespace SessionFrame {
  let _codec: Codec<SessionFrame>

  export const codec = (): Codec<SessionFrame> => {
    if (_codec == null) {
      _codec = message<SessionFrame>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.tag != null && obj.tag.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.tag)
        }

        if (obj.start != null) {
          w.uint32(18)
          SessionStart.codec().encode(obj.start, w)
        }

        if ((obj.header != null && obj.header.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.header)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.sealed)
        }

        if ((obj.attempt != null && obj.attempt !== 0)) {
          w.uint32(40)
          w.uint32(obj.attempt)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.lamport)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          tag: uint8ArrayAlloc(0),
          header: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0),
          attempt: 0,
          lamport: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.tag = reader.bytes()
              break
            }
            case 2: {
              obj.start = SessionStart.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.start
              })
              break
            }
            case 3: {
              obj.header = reader.bytes()
              break
            }
            case 4: {
              obj.sealed = reader.bytes()
              break
            }
            case 5: {
              obj.attempt = reader.uint32()
              break
            }
            case 6: {
              obj.lamport = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.tag`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * SessionStart.codec().stream(reader, reader.uint32(), `${prefix}.start`, {
                limits: opts.limits?.start
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.header`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.attempt`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.lamport`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SessionFrameTagFieldEvent {
    field: '$.tag'
    value: Uint8Array
  }

  export interface SessionFrameStartEncFieldEvent {
    field: '$.start.enc'
    value: Uint8Array
  }

  export interface SessionFrameStartSealedFieldEvent {
    field: '$.start.sealed'
    value: Uint8Array
  }

  export interface SessionFrameHeaderFieldEvent {
    field: '$.header'
    value: Uint8Array
  }

  export interface SessionFrameSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export interface SessionFrameAttemptFieldEvent {
    field: '$.attempt'
    value: number
  }

  export interface SessionFrameLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export function encode (obj: Partial<SessionFrame>): Uint8Array {
    return encodeMessage(obj, SessionFrame.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionFrame>): SessionFrame {
    return decodeMessage(buf, SessionFrame.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionFrame>): Generator<SessionFrameTagFieldEvent | SessionFrameStartEncFieldEvent | SessionFrameStartSealedFieldEvent | SessionFrameHeaderFieldEvent | SessionFrameSealedFieldEvent | SessionFrameAttemptFieldEvent | SessionFrameLamportFieldEvent> {
    return streamMessage(buf, SessionFrame.codec(), opts)
  }
}

export interface SessionStart {
  enc: Uint8Array
  sealed: Uint8Array
}

export namespace SessionStart {
  let _codec: Codec<SessionStart>

  export const codec = (): Codec<SessionStart> => {
    if (_codec == null) {
      _codec = message<SessionStart>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.enc != null && obj.enc.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.enc)
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sealed)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          enc: uint8ArrayAlloc(0),
          sealed: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.enc = reader.bytes()
              break
            }
            case 2: {
              obj.sealed = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.enc`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SessionStartEncFieldEvent {
    field: '$.enc'
    value: Uint8Array
  }

  export interface SessionStartSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export function encode (obj: Partial<SessionStart>): Uint8Array {
    return encodeMessage(obj, SessionStart.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionStart>): SessionStart {
    return decodeMessage(buf, SessionStart.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionStart>): Generator<SessionStartEncFieldEvent | SessionStartSealedFieldEvent> {
    return streamMessage(buf, SessionStart.codec(), opts)
  }
}

export interface StartContent {
  record: Uint8Array
  ephemeral: Uint8Array
  oneTimeKey: Uint8Array
  generation: number
}

export namespace StartContent {
  let _codec: Codec<StartContent>

  export const codec = (): Codec<StartContent> => {
    if (_codec == null) {
      _codec = message<StartContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.record)
        }

        if ((obj.ephemeral != null && obj.ephemeral.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.ephemeral)
        }

        if ((obj.oneTimeKey != null && obj.oneTimeKey.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.oneTimeKey)
        }

        if ((obj.generation != null && obj.generation !== 0)) {
          w.uint32(32)
          w.uint32(obj.generation)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          record: uint8ArrayAlloc(0),
          ephemeral: uint8ArrayAlloc(0),
          oneTimeKey: uint8ArrayAlloc(0),
          generation: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.record = reader.bytes()
              break
            }
            case 2: {
              obj.ephemeral = reader.bytes()
              break
            }
            case 3: {
              obj.oneTimeKey = reader.bytes()
              break
            }
            case 4: {
              obj.generation = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.record`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.ephemeral`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.oneTimeKey`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.generation`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface StartContentRecordFieldEvent {
    field: '$.record'
    value: Uint8Array
  }

  export interface StartContentEphemeralFieldEvent {
    field: '$.ephemeral'
    value: Uint8Array
  }

  export interface StartContentOneTimeKeyFieldEvent {
    field: '$.oneTimeKey'
    value: Uint8Array
  }

  export interface StartContentGenerationFieldEvent {
    field: '$.generation'
    value: number
  }

  export function encode (obj: Partial<StartContent>): Uint8Array {
    return encodeMessage(obj, StartContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StartContent>): StartContent {
    return decodeMessage(buf, StartContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StartContent>): Generator<StartContentRecordFieldEvent | StartContentEphemeralFieldEvent | StartContentOneTimeKeyFieldEvent | StartContentGenerationFieldEvent> {
    return streamMessage(buf, StartContent.codec(), opts)
  }
}

export interface SessionContent {
  instance: Uint8Array
  number: number
  oldest: number
  ackInstance: Uint8Array
  ack: number
  content?: Content
  origin: Uint8Array
  marks: Uint8Array
}

export namespace SessionContent {
  let _codec: Codec<SessionContent>

  export const codec = (): Codec<SessionContent> => {
    if (_codec == null) {
      _codec = message<SessionContent>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.instance != null && obj.instance.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.instance)
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.number)
        }

        if ((obj.oldest != null && obj.oldest !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.oldest)
        }

        if ((obj.ackInstance != null && obj.ackInstance.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.ackInstance)
        }

        if ((obj.ack != null && obj.ack !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.ack)
        }

        if (obj.content != null) {
          w.uint32(50)
          Content.codec().encode(obj.content, w)
        }

        if ((obj.origin != null && obj.origin.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.origin)
        }

        if ((obj.marks != null && obj.marks.byteLength > 0)) {
          w.uint32(66)
          w.bytes(obj.marks)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          instance: uint8ArrayAlloc(0),
          number: 0,
          oldest: 0,
          ackInstance: uint8ArrayAlloc(0),
          ack: 0,
          origin: uint8ArrayAlloc(0),
          marks: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.instance = reader.bytes()
              break
            }
            case 2: {
              obj.number = reader.uint64Number()
              break
            }
            case 3: {
              obj.oldest = reader.uint64Number()
              break
            }
            case 4: {
              obj.ackInstance = reader.bytes()
              break
            }
            case 5: {
              obj.ack = reader.uint64Number()
              break
            }
            case 6: {
              obj.content = Content.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.content
              })
              break
            }
            case 7: {
              obj.origin = reader.bytes()
              break
            }
            case 8: {
              obj.marks = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.instance`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.number`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.oldest`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.ackInstance`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.ack`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield * Content.codec().stream(reader, reader.uint32(), `${prefix}.content`, {
                limits: opts.limits?.content
              })

              break
            }
            case 7: {
              yield {
                field: `${prefix}.origin`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.marks`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SessionContentInstanceFieldEvent {
    field: '$.instance'
    value: Uint8Array
  }

  export interface SessionContentNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface SessionContentOldestFieldEvent {
    field: '$.oldest'
    value: number
  }

  export interface SessionContentAckInstanceFieldEvent {
    field: '$.ackInstance'
    value: Uint8Array
  }

  export interface SessionContentAckFieldEvent {
    field: '$.ack'
    value: number
  }

  export interface SessionContentContentWrittenAtFieldEvent {
    field: '$.content.writtenAt'
    value: number
  }

  export interface SessionContentContentTextTextFieldEvent {
    field: '$.content.text.text'
    value: string
  }

  export interface SessionContentContentTextReplyToFieldEvent {
    field: '$.content.text.replyTo'
    value: Uint8Array
  }

  export interface SessionContentContentTextIsActionFieldEvent {
    field: '$.content.text.isAction'
    value: boolean
  }

  export interface SessionContentContentEditTargetFieldEvent {
    field: '$.content.edit.target'
    value: Uint8Array
  }

  export interface SessionContentContentEditTextFieldEvent {
    field: '$.content.edit.text'
    value: string
  }

  export interface SessionContentContentDeletionTargetFieldEvent {
    field: '$.content.deletion.target'
    value: Uint8Array
  }

  export interface SessionContentContentReactionTargetFieldEvent {
    field: '$.content.reaction.target'
    value: Uint8Array
  }

  export interface SessionContentContentReactionEmojiFieldEvent {
    field: '$.content.reaction.emoji'
    value: string
  }

  export interface SessionContentContentReactionIsWithdrawnFieldEvent {
    field: '$.content.reaction.isWithdrawn'
    value: boolean
  }

  export interface SessionContentContentReplacesFieldEvent {
    field: '$.content.replaces'
    value: Uint8Array
  }

  export interface SessionContentOriginFieldEvent {
    field: '$.origin'
    value: Uint8Array
  }

  export interface SessionContentMarksFieldEvent {
    field: '$.marks'
    value: Uint8Array
  }

  export function encode (obj: Partial<SessionContent>): Uint8Array {
    return encodeMessage(obj, SessionContent.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionContent>): SessionContent {
    return decodeMessage(buf, SessionContent.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionContent>): Generator<SessionContentInstanceFieldEvent | SessionContentNumberFieldEvent | SessionContentOldestFieldEvent | SessionContentAckInstanceFieldEvent | SessionContentAckFieldEvent | SessionContentContentWrittenAtFieldEvent | SessionContentContentTextTextFieldEvent | SessionContentContentTextReplyToFieldEvent | SessionContentContentTextIsActionFieldEvent | SessionContentContentEditTargetFieldEvent | SessionContentContentEditTextFieldEvent | SessionContentContentDeletionTargetFieldEvent | SessionContentContentReactionTargetFieldEvent | SessionContentContentReactionEmojiFieldEvent | SessionContentContentReactionIsWithdrawnFieldEvent | SessionContentContentReplacesFieldEvent | SessionContentOriginFieldEvent | SessionContentMarksFieldEvent> {
    return streamMessage(buf, SessionContent.codec(), opts)
  }
}

export interface Leave {
  group: Uint8Array
  boot: Uint8Array
  counter: number
}

export namespace Leave {
  let _codec: Codec<Leave>

  export const codec = (): Codec<Leave> => {
    if (_codec == null) {
      _codec = message<Leave>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.boot)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.counter)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          boot: uint8ArrayAlloc(0),
          counter: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.group = reader.bytes()
              break
            }
            case 2: {
              obj.boot = reader.bytes()
              break
            }
            case 3: {
              obj.counter = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.boot`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.counter`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LeaveGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface LeaveBootFieldEvent {
    field: '$.boot'
    value: Uint8Array
  }

  export interface LeaveCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export function encode (obj: Partial<Leave>): Uint8Array {
    return encodeMessage(obj, Leave.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Leave {
    return decodeMessage(buf, Leave.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Leave>): Generator<LeaveGroupFieldEvent | LeaveBootFieldEvent | LeaveCounterFieldEvent> {
    return streamMessage(buf, Leave.codec(), opts)
  }
}

export enum Admission {
  OPEN = 'OPEN',
  BY_INVITE = 'BY_INVITE',
  BY_MEMBERSHIP = 'BY_MEMBERSHIP'
}

enum __AdmissionValues {
  OPEN = 0,
  BY_INVITE = 1,
  BY_MEMBERSHIP = 2
}

export namespace Admission {
  export const codec = (): Codec<Admission> => {
    return enumeration<Admission>(__AdmissionValues)
  }
}

export enum Authentication {
  BY_SIGNATURE = 'BY_SIGNATURE',
  BY_CHALLENGE = 'BY_CHALLENGE'
}

enum __AuthenticationValues {
  BY_SIGNATURE = 0,
  BY_CHALLENGE = 1
}

export namespace Authentication {
  export const codec = (): Codec<Authentication> => {
    return enumeration<Authentication>(__AuthenticationValues)
  }
}

export enum Privacy {
  ENCRYPTED = 'ENCRYPTED',
  MIXED = 'MIXED',
  PLAIN = 'PLAIN'
}

enum __PrivacyValues {
  ENCRYPTED = 0,
  MIXED = 1,
  PLAIN = 2
}

export namespace Privacy {
  export const codec = (): Codec<Privacy> => {
    return enumeration<Privacy>(__PrivacyValues)
  }
}

export enum HistoryPolicy {
  NONE = 'NONE',
  SINCE_JOIN = 'SINCE_JOIN',
  ALL = 'ALL'
}

enum __HistoryPolicyValues {
  NONE = 0,
  SINCE_JOIN = 1,
  ALL = 2
}

export namespace HistoryPolicy {
  export const codec = (): Codec<HistoryPolicy> => {
    return enumeration<HistoryPolicy>(__HistoryPolicyValues)
  }
}

export enum PartitionPolicy {
  CONTINUE = 'CONTINUE',
  FREEZE = 'FREEZE'
}

enum __PartitionPolicyValues {
  CONTINUE = 0,
  FREEZE = 1
}

export namespace PartitionPolicy {
  export const codec = (): Codec<PartitionPolicy> => {
    return enumeration<PartitionPolicy>(__PartitionPolicyValues)
  }
}

export enum TimingProfile {
  LOCAL = 'LOCAL',
  WAN = 'WAN'
}

enum __TimingProfileValues {
  LOCAL = 0,
  WAN = 1
}

export namespace TimingProfile {
  export const codec = (): Codec<TimingProfile> => {
    return enumeration<TimingProfile>(__TimingProfileValues)
  }
}

export interface Descriptor {
  founder: Uint8Array
  salt: Uint8Array
  version: number
  previous: Uint8Array
  name: string
  suite: number
  managers: Uint8Array[]
  quorum: number
  memberManagers: Uint8Array[]
  admission: Admission
  authentication: Authentication
  privacy: Privacy
  history: HistoryPolicy
  partition: PartitionPolicy
  timing: TimingProfile
  keyLifetimeSeconds: number
  stepSeconds: number
  graceSeconds: number
  idleSeconds: number
  fenceSeconds: number
  retentionSeconds: number
  recoveryKeys: Uint8Array[]
  recoveryThreshold: number
  maxMembers: number
  withoutTriggers: number
}

export namespace Descriptor {
  let _codec: Codec<Descriptor>

  export const codec = (): Codec<Descriptor> => {
    if (_codec == null) {
      _codec = message<Descriptor>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.founder != null && obj.founder.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.founder)
        }

        if ((obj.salt != null && obj.salt.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.salt)
        }

        if ((obj.version != null && obj.version !== 0)) {
          w.uint32(24)
          w.uint32(obj.version)
        }

        if ((obj.previous != null && obj.previous.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.previous)
        }

        if ((obj.name != null && obj.name !== '')) {
          w.uint32(42)
          w.string(obj.name)
        }

        if ((obj.suite != null && obj.suite !== 0)) {
          w.uint32(48)
          w.uint32(obj.suite)
        }

        if (obj.managers != null && obj.managers.length > 0) {
          for (const value of obj.managers) {
            w.uint32(58)
            w.bytes(value)
          }
        }

        if ((obj.quorum != null && obj.quorum !== 0)) {
          w.uint32(64)
          w.uint32(obj.quorum)
        }

        if (obj.memberManagers != null && obj.memberManagers.length > 0) {
          for (const value of obj.memberManagers) {
            w.uint32(74)
            w.bytes(value)
          }
        }

        if (obj.admission != null && __AdmissionValues[obj.admission] !== 0) {
          w.uint32(80)
          Admission.codec().encode(obj.admission, w)
        }

        if (obj.authentication != null && __AuthenticationValues[obj.authentication] !== 0) {
          w.uint32(88)
          Authentication.codec().encode(obj.authentication, w)
        }

        if (obj.privacy != null && __PrivacyValues[obj.privacy] !== 0) {
          w.uint32(96)
          Privacy.codec().encode(obj.privacy, w)
        }

        if (obj.history != null && __HistoryPolicyValues[obj.history] !== 0) {
          w.uint32(104)
          HistoryPolicy.codec().encode(obj.history, w)
        }

        if (obj.partition != null && __PartitionPolicyValues[obj.partition] !== 0) {
          w.uint32(112)
          PartitionPolicy.codec().encode(obj.partition, w)
        }

        if (obj.timing != null && __TimingProfileValues[obj.timing] !== 0) {
          w.uint32(120)
          TimingProfile.codec().encode(obj.timing, w)
        }

        if ((obj.keyLifetimeSeconds != null && obj.keyLifetimeSeconds !== 0)) {
          w.uint32(128)
          w.uint32(obj.keyLifetimeSeconds)
        }

        if ((obj.stepSeconds != null && obj.stepSeconds !== 0)) {
          w.uint32(136)
          w.uint32(obj.stepSeconds)
        }

        if ((obj.graceSeconds != null && obj.graceSeconds !== 0)) {
          w.uint32(144)
          w.uint32(obj.graceSeconds)
        }

        if ((obj.idleSeconds != null && obj.idleSeconds !== 0)) {
          w.uint32(152)
          w.uint32(obj.idleSeconds)
        }

        if ((obj.fenceSeconds != null && obj.fenceSeconds !== 0)) {
          w.uint32(160)
          w.uint32(obj.fenceSeconds)
        }

        if ((obj.retentionSeconds != null && obj.retentionSeconds !== 0)) {
          w.uint32(168)
          w.uint32(obj.retentionSeconds)
        }

        if (obj.recoveryKeys != null && obj.recoveryKeys.length > 0) {
          for (const value of obj.recoveryKeys) {
            w.uint32(178)
            w.bytes(value)
          }
        }

        if ((obj.recoveryThreshold != null && obj.recoveryThreshold !== 0)) {
          w.uint32(184)
          w.uint32(obj.recoveryThreshold)
        }

        if ((obj.maxMembers != null && obj.maxMembers !== 0)) {
          w.uint32(192)
          w.uint32(obj.maxMembers)
        }

        if ((obj.withoutTriggers != null && obj.withoutTriggers !== 0)) {
          w.uint32(200)
          w.uint32(obj.withoutTriggers)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          founder: uint8ArrayAlloc(0),
          salt: uint8ArrayAlloc(0),
          version: 0,
          previous: uint8ArrayAlloc(0),
          name: '',
          suite: 0,
          managers: [],
          quorum: 0,
          memberManagers: [],
          admission: Admission.OPEN,
          authentication: Authentication.BY_SIGNATURE,
          privacy: Privacy.ENCRYPTED,
          history: HistoryPolicy.NONE,
          partition: PartitionPolicy.CONTINUE,
          timing: TimingProfile.LOCAL,
          keyLifetimeSeconds: 0,
          stepSeconds: 0,
          graceSeconds: 0,
          idleSeconds: 0,
          fenceSeconds: 0,
          retentionSeconds: 0,
          recoveryKeys: [],
          recoveryThreshold: 0,
          maxMembers: 0,
          withoutTriggers: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.founder = reader.bytes()
              break
            }
            case 2: {
              obj.salt = reader.bytes()
              break
            }
            case 3: {
              obj.version = reader.uint32()
              break
            }
            case 4: {
              obj.previous = reader.bytes()
              break
            }
            case 5: {
              obj.name = reader.string()
              break
            }
            case 6: {
              obj.suite = reader.uint32()
              break
            }
            case 7: {
              if (opts.limits?.managers != null && obj.managers.length === opts.limits.managers) {
                throw new MaxLengthError('Decode error - repeated field "managers" had too many elements')
              }

              obj.managers.push(reader.bytes())
              break
            }
            case 8: {
              obj.quorum = reader.uint32()
              break
            }
            case 9: {
              if (opts.limits?.memberManagers != null && obj.memberManagers.length === opts.limits.memberManagers) {
                throw new MaxLengthError('Decode error - repeated field "memberManagers" had too many elements')
              }

              obj.memberManagers.push(reader.bytes())
              break
            }
            case 10: {
              obj.admission = Admission.codec().decode(reader)
              break
            }
            case 11: {
              obj.authentication = Authentication.codec().decode(reader)
              break
            }
            case 12: {
              obj.privacy = Privacy.codec().decode(reader)
              break
            }
            case 13: {
              obj.history = HistoryPolicy.codec().decode(reader)
              break
            }
            case 14: {
              obj.partition = PartitionPolicy.codec().decode(reader)
              break
            }
            case 15: {
              obj.timing = TimingProfile.codec().decode(reader)
              break
            }
            case 16: {
              obj.keyLifetimeSeconds = reader.uint32()
              break
            }
            case 17: {
              obj.stepSeconds = reader.uint32()
              break
            }
            case 18: {
              obj.graceSeconds = reader.uint32()
              break
            }
            case 19: {
              obj.idleSeconds = reader.uint32()
              break
            }
            case 20: {
              obj.fenceSeconds = reader.uint32()
              break
            }
            case 21: {
              obj.retentionSeconds = reader.uint32()
              break
            }
            case 22: {
              if (opts.limits?.recoveryKeys != null && obj.recoveryKeys.length === opts.limits.recoveryKeys) {
                throw new MaxLengthError('Decode error - repeated field "recoveryKeys" had too many elements')
              }

              obj.recoveryKeys.push(reader.bytes())
              break
            }
            case 23: {
              obj.recoveryThreshold = reader.uint32()
              break
            }
            case 24: {
              obj.maxMembers = reader.uint32()
              break
            }
            case 25: {
              obj.withoutTriggers = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          managers: 0,
          memberManagers: 0,
          recoveryKeys: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.founder`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.salt`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.version`,
                value: reader.uint32()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.previous`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.name`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.suite`,
                value: reader.uint32()
              }
              break
            }
            case 7: {
              if (opts.limits?.managers != null && obj.managers === opts.limits.managers) {
                throw new MaxLengthError('Streaming decode error - repeated field "managers" had too many elements')
              }

              yield {
                field: `${prefix}.managers[]`,
                index: obj.managers,
                value: reader.bytes()
              }

              obj.managers++

              break
            }
            case 8: {
              yield {
                field: `${prefix}.quorum`,
                value: reader.uint32()
              }
              break
            }
            case 9: {
              if (opts.limits?.memberManagers != null && obj.memberManagers === opts.limits.memberManagers) {
                throw new MaxLengthError('Streaming decode error - repeated field "memberManagers" had too many elements')
              }

              yield {
                field: `${prefix}.memberManagers[]`,
                index: obj.memberManagers,
                value: reader.bytes()
              }

              obj.memberManagers++

              break
            }
            case 10: {
              yield {
                field: `${prefix}.admission`,
                value: Admission.codec().decode(reader)
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.authentication`,
                value: Authentication.codec().decode(reader)
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.privacy`,
                value: Privacy.codec().decode(reader)
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.history`,
                value: HistoryPolicy.codec().decode(reader)
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.partition`,
                value: PartitionPolicy.codec().decode(reader)
              }
              break
            }
            case 15: {
              yield {
                field: `${prefix}.timing`,
                value: TimingProfile.codec().decode(reader)
              }
              break
            }
            case 16: {
              yield {
                field: `${prefix}.keyLifetimeSeconds`,
                value: reader.uint32()
              }
              break
            }
            case 17: {
              yield {
                field: `${prefix}.stepSeconds`,
                value: reader.uint32()
              }
              break
            }
            case 18: {
              yield {
                field: `${prefix}.graceSeconds`,
                value: reader.uint32()
              }
              break
            }
            case 19: {
              yield {
                field: `${prefix}.idleSeconds`,
                value: reader.uint32()
              }
              break
            }
            case 20: {
              yield {
                field: `${prefix}.fenceSeconds`,
                value: reader.uint32()
              }
              break
            }
            case 21: {
              yield {
                field: `${prefix}.retentionSeconds`,
                value: reader.uint32()
              }
              break
            }
            case 22: {
              if (opts.limits?.recoveryKeys != null && obj.recoveryKeys === opts.limits.recoveryKeys) {
                throw new MaxLengthError('Streaming decode error - repeated field "recoveryKeys" had too many elements')
              }

              yield {
                field: `${prefix}.recoveryKeys[]`,
                index: obj.recoveryKeys,
                value: reader.bytes()
              }

              obj.recoveryKeys++

              break
            }
            case 23: {
              yield {
                field: `${prefix}.recoveryThreshold`,
                value: reader.uint32()
              }
              break
            }
            case 24: {
              yield {
                field: `${prefix}.maxMembers`,
                value: reader.uint32()
              }
              break
            }
            case 25: {
              yield {
                field: `${prefix}.withoutTriggers`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DescriptorFounderFieldEvent {
    field: '$.founder'
    value: Uint8Array
  }

  export interface DescriptorSaltFieldEvent {
    field: '$.salt'
    value: Uint8Array
  }

  export interface DescriptorVersionFieldEvent {
    field: '$.version'
    value: number
  }

  export interface DescriptorPreviousFieldEvent {
    field: '$.previous'
    value: Uint8Array
  }

  export interface DescriptorNameFieldEvent {
    field: '$.name'
    value: string
  }

  export interface DescriptorSuiteFieldEvent {
    field: '$.suite'
    value: number
  }

  export interface DescriptorManagersFieldEvent {
    field: '$.managers[]'
    index: number
    value: Uint8Array
  }

  export interface DescriptorQuorumFieldEvent {
    field: '$.quorum'
    value: number
  }

  export interface DescriptorMemberManagersFieldEvent {
    field: '$.memberManagers[]'
    index: number
    value: Uint8Array
  }

  export interface DescriptorAdmissionFieldEvent {
    field: '$.admission'
    value: Admission
  }

  export interface DescriptorAuthenticationFieldEvent {
    field: '$.authentication'
    value: Authentication
  }

  export interface DescriptorPrivacyFieldEvent {
    field: '$.privacy'
    value: Privacy
  }

  export interface DescriptorHistoryFieldEvent {
    field: '$.history'
    value: HistoryPolicy
  }

  export interface DescriptorPartitionFieldEvent {
    field: '$.partition'
    value: PartitionPolicy
  }

  export interface DescriptorTimingFieldEvent {
    field: '$.timing'
    value: TimingProfile
  }

  export interface DescriptorKeyLifetimeSecondsFieldEvent {
    field: '$.keyLifetimeSeconds'
    value: number
  }

  export interface DescriptorStepSecondsFieldEvent {
    field: '$.stepSeconds'
    value: number
  }

  export interface DescriptorGraceSecondsFieldEvent {
    field: '$.graceSeconds'
    value: number
  }

  export interface DescriptorIdleSecondsFieldEvent {
    field: '$.idleSeconds'
    value: number
  }

  export interface DescriptorFenceSecondsFieldEvent {
    field: '$.fenceSeconds'
    value: number
  }

  export interface DescriptorRetentionSecondsFieldEvent {
    field: '$.retentionSeconds'
    value: number
  }

  export interface DescriptorRecoveryKeysFieldEvent {
    field: '$.recoveryKeys[]'
    index: number
    value: Uint8Array
  }

  export interface DescriptorRecoveryThresholdFieldEvent {
    field: '$.recoveryThreshold'
    value: number
  }

  export interface DescriptorMaxMembersFieldEvent {
    field: '$.maxMembers'
    value: number
  }

  export interface DescriptorWithoutTriggersFieldEvent {
    field: '$.withoutTriggers'
    value: number
  }

  export function encode (obj: Partial<Descriptor>): Uint8Array {
    return encodeMessage(obj, Descriptor.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Descriptor>): Descriptor {
    return decodeMessage(buf, Descriptor.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Descriptor>): Generator<DescriptorFounderFieldEvent | DescriptorSaltFieldEvent | DescriptorVersionFieldEvent | DescriptorPreviousFieldEvent | DescriptorNameFieldEvent | DescriptorSuiteFieldEvent | DescriptorManagersFieldEvent | DescriptorQuorumFieldEvent | DescriptorMemberManagersFieldEvent | DescriptorAdmissionFieldEvent | DescriptorAuthenticationFieldEvent | DescriptorPrivacyFieldEvent | DescriptorHistoryFieldEvent | DescriptorPartitionFieldEvent | DescriptorTimingFieldEvent | DescriptorKeyLifetimeSecondsFieldEvent | DescriptorStepSecondsFieldEvent | DescriptorGraceSecondsFieldEvent | DescriptorIdleSecondsFieldEvent | DescriptorFenceSecondsFieldEvent | DescriptorRetentionSecondsFieldEvent | DescriptorRecoveryKeysFieldEvent | DescriptorRecoveryThresholdFieldEvent | DescriptorMaxMembersFieldEvent | DescriptorWithoutTriggersFieldEvent> {
    return streamMessage(buf, Descriptor.codec(), opts)
  }
}

export interface SignedDescriptor {
  content: Uint8Array
  signatures: SignatureBy[]
}

export namespace SignedDescriptor {
  let _codec: Codec<SignedDescriptor>

  export const codec = (): Codec<SignedDescriptor> => {
    if (_codec == null) {
      _codec = message<SignedDescriptor>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.content != null && obj.content.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.content)
        }

        if (obj.signatures != null && obj.signatures.length > 0) {
          for (const value of obj.signatures) {
            w.uint32(18)
            SignatureBy.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          content: uint8ArrayAlloc(0),
          signatures: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.content = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.signatures != null && obj.signatures.length === opts.limits.signatures) {
                throw new MaxLengthError('Decode error - repeated field "signatures" had too many elements')
              }

              obj.signatures.push(SignatureBy.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.signatures$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          signatures: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.content`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.signatures != null && obj.signatures === opts.limits.signatures) {
                throw new MaxLengthError('Streaming decode error - repeated field "signatures" had too many elements')
              }

              for (const evt of SignatureBy.codec().stream(reader, reader.uint32(), `${prefix}.signatures[]`, {
                limits: opts.limits?.signatures$
              })) {
                yield {
                  ...evt,
                  index: obj.signatures
                }
              }

              obj.signatures++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SignedDescriptorContentFieldEvent {
    field: '$.content'
    value: Uint8Array
  }

  export interface SignedDescriptorSignaturesSignerFieldEvent {
    field: '$.signatures[].signer'
    value: Uint8Array
    index: number
  }

  export interface SignedDescriptorSignaturesSignatureFieldEvent {
    field: '$.signatures[].signature'
    value: Uint8Array
    index: number
  }

  export function encode (obj: Partial<SignedDescriptor>): Uint8Array {
    return encodeMessage(obj, SignedDescriptor.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedDescriptor>): SignedDescriptor {
    return decodeMessage(buf, SignedDescriptor.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedDescriptor>): Generator<SignedDescriptorContentFieldEvent | SignedDescriptorSignaturesSignerFieldEvent | SignedDescriptorSignaturesSignatureFieldEvent> {
    return streamMessage(buf, SignedDescriptor.codec(), opts)
  }
}

export interface DescriptorChain {
  versions: SignedDescriptor[]
}

export namespace DescriptorChain {
  let _codec: Codec<DescriptorChain>

  export const codec = (): Codec<DescriptorChain> => {
    if (_codec == null) {
      _codec = message<DescriptorChain>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.versions != null && obj.versions.length > 0) {
          for (const value of obj.versions) {
            w.uint32(10)
            SignedDescriptor.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          versions: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.versions != null && obj.versions.length === opts.limits.versions) {
                throw new MaxLengthError('Decode error - repeated field "versions" had too many elements')
              }

              obj.versions.push(SignedDescriptor.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.versions$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          versions: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.versions != null && obj.versions === opts.limits.versions) {
                throw new MaxLengthError('Streaming decode error - repeated field "versions" had too many elements')
              }

              for (const evt of SignedDescriptor.codec().stream(reader, reader.uint32(), `${prefix}.versions[]`, {
                limits: opts.limits?.versions$
              })) {
                yield {
                  ...evt,
                  index: obj.versions
                }
              }

              obj.versions++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DescriptorChainVersionsContentFieldEvent {
    field: '$.versions[].content'
    value: Uint8Array
    index: number
  }

  export interface DescriptorChainVersionsSignaturesSignerFieldEvent {
    field: '$.versions[].signatures[].signer'
    value: Uint8Array
    index: number
  }

  export interface DescriptorChainVersionsSignaturesSignatureFieldEvent {
    field: '$.versions[].signatures[].signature'
    value: Uint8Array
    index: number
  }

  export function encode (obj: Partial<DescriptorChain>): Uint8Array {
    return encodeMessage(obj, DescriptorChain.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorChain>): DescriptorChain {
    return decodeMessage(buf, DescriptorChain.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorChain>): Generator<DescriptorChainVersionsContentFieldEvent | DescriptorChainVersionsSignaturesSignerFieldEvent | DescriptorChainVersionsSignaturesSignatureFieldEvent> {
    return streamMessage(buf, DescriptorChain.codec(), opts)
  }
}

export interface Invite {
  channel: Uint8Array
  descriptor?: DescriptorRef
  addresses: Uint8Array[]
  token: Uint8Array
  expiresAt: number
}

export namespace Invite {
  let _codec: Codec<Invite>

  export const codec = (): Codec<Invite> => {
    if (_codec == null) {
      _codec = message<Invite>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if (obj.descriptor != null) {
          w.uint32(18)
          DescriptorRef.codec().encode(obj.descriptor, w)
        }

        if (obj.addresses != null && obj.addresses.length > 0) {
          for (const value of obj.addresses) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if ((obj.token != null && obj.token.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.token)
        }

        if ((obj.expiresAt != null && obj.expiresAt !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.expiresAt)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          addresses: [],
          token: uint8ArrayAlloc(0),
          expiresAt: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.descriptor = DescriptorRef.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.descriptor
              })
              break
            }
            case 3: {
              if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements')
              }

              obj.addresses.push(reader.bytes())
              break
            }
            case 4: {
              obj.token = reader.bytes()
              break
            }
            case 5: {
              obj.expiresAt = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          addresses: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * DescriptorRef.codec().stream(reader, reader.uint32(), `${prefix}.descriptor`, {
                limits: opts.limits?.descriptor
              })

              break
            }
            case 3: {
              if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements')
              }

              yield {
                field: `${prefix}.addresses[]`,
                index: obj.addresses,
                value: reader.bytes()
              }

              obj.addresses++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.token`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.expiresAt`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface InviteChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface InviteDescriptorVersionFieldEvent {
    field: '$.descriptor.version'
    value: number
  }

  export interface InviteDescriptorHashFieldEvent {
    field: '$.descriptor.hash'
    value: Uint8Array
  }

  export interface InviteAddressesFieldEvent {
    field: '$.addresses[]'
    index: number
    value: Uint8Array
  }

  export interface InviteTokenFieldEvent {
    field: '$.token'
    value: Uint8Array
  }

  export interface InviteExpiresAtFieldEvent {
    field: '$.expiresAt'
    value: number
  }

  export function encode (obj: Partial<Invite>): Uint8Array {
    return encodeMessage(obj, Invite.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Invite>): Invite {
    return decodeMessage(buf, Invite.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Invite>): Generator<InviteChannelFieldEvent | InviteDescriptorVersionFieldEvent | InviteDescriptorHashFieldEvent | InviteAddressesFieldEvent | InviteTokenFieldEvent | InviteExpiresAtFieldEvent> {
    return streamMessage(buf, Invite.codec(), opts)
  }
}

export interface Envelope {
  publicKey: Uint8Array
  payloadType: Uint8Array
  payload: Uint8Array
  signature: Uint8Array
}

export namespace Envelope {
  let _codec: Codec<Envelope>

  export const codec = (): Codec<Envelope> => {
    if (_codec == null) {
      _codec = message<Envelope>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.publicKey != null && obj.publicKey.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.publicKey)
        }

        if ((obj.payloadType != null && obj.payloadType.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.payloadType)
        }

        if ((obj.payload != null && obj.payload.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.payload)
        }

        if ((obj.signature != null && obj.signature.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.signature)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          publicKey: uint8ArrayAlloc(0),
          payloadType: uint8ArrayAlloc(0),
          payload: uint8ArrayAlloc(0),
          signature: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.publicKey = reader.bytes()
              break
            }
            case 2: {
              obj.payloadType = reader.bytes()
              break
            }
            case 3: {
              obj.payload = reader.bytes()
              break
            }
            case 5: {
              obj.signature = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.publicKey`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.payloadType`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.payload`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.signature`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EnvelopePublicKeyFieldEvent {
    field: '$.publicKey'
    value: Uint8Array
  }

  export interface EnvelopePayloadTypeFieldEvent {
    field: '$.payloadType'
    value: Uint8Array
  }

  export interface EnvelopePayloadFieldEvent {
    field: '$.payload'
    value: Uint8Array
  }

  export interface EnvelopeSignatureFieldEvent {
    field: '$.signature'
    value: Uint8Array
  }

  export function encode (obj: Partial<Envelope>): Uint8Array {
    return encodeMessage(obj, Envelope.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Envelope {
    return decodeMessage(buf, Envelope.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Generator<EnvelopePublicKeyFieldEvent | EnvelopePayloadTypeFieldEvent | EnvelopePayloadFieldEvent | EnvelopeSignatureFieldEvent> {
    return streamMessage(buf, Envelope.codec(), opts)
  }
}

export interface UserRecord {
  user: Uint8Array
  seq: number
  nick: string
  devices: Device[]
  issuedAt: number
  expiresAt: number
}

export namespace UserRecord {
  let _codec: Codec<UserRecord>

  export const codec = (): Codec<UserRecord> => {
    if (_codec == null) {
      _codec = message<UserRecord>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.seq != null && obj.seq !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.seq)
        }

        if ((obj.nick != null && obj.nick !== '')) {
          w.uint32(26)
          w.string(obj.nick)
        }

        if (obj.devices != null && obj.devices.length > 0) {
          for (const value of obj.devices) {
            w.uint32(34)
            Device.codec().encode(value, w)
          }
        }

        if ((obj.issuedAt != null && obj.issuedAt !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.issuedAt)
        }

        if ((obj.expiresAt != null && obj.expiresAt !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.expiresAt)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          seq: 0,
          nick: '',
          devices: [],
          issuedAt: 0,
          expiresAt: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.user = reader.bytes()
              break
            }
            case 2: {
              obj.seq = reader.uint64Number()
              break
            }
            case 3: {
              obj.nick = reader.string()
              break
            }
            case 4: {
              if (opts.limits?.devices != null && obj.devices.length === opts.limits.devices) {
                throw new MaxLengthError('Decode error - repeated field "devices" had too many elements')
              }

              obj.devices.push(Device.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.devices$
              }))
              break
            }
            case 5: {
              obj.issuedAt = reader.uint64Number()
              break
            }
            case 6: {
              obj.expiresAt = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          devices: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.user`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.seq`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.nick`,
                value: reader.string()
              }
              break
            }
            case 4: {
              if (opts.limits?.devices != null && obj.devices === opts.limits.devices) {
                throw new MaxLengthError('Streaming decode error - repeated field "devices" had too many elements')
              }

              for (const evt of Device.codec().stream(reader, reader.uint32(), `${prefix}.devices[]`, {
                limits: opts.limits?.devices$
              })) {
                yield {
                  ...evt,
                  index: obj.devices
                }
              }

              obj.devices++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.issuedAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.expiresAt`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface UserRecordUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface UserRecordSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface UserRecordNickFieldEvent {
    field: '$.nick'
    value: string
  }

  export interface UserRecordDevicesNumberFieldEvent {
    field: '$.devices[].number'
    value: number
    index: number
  }

  export interface UserRecordDevicesPrekeyX25519FieldEvent {
    field: '$.devices[].prekey.x25519'
    value: Uint8Array
    index: number
  }

  export interface UserRecordDevicesPrekeyXwingFieldEvent {
    field: '$.devices[].prekey.xwing'
    value: Uint8Array
    index: number
  }

  export interface UserRecordDevicesPrekeyNotBeforeFieldEvent {
    field: '$.devices[].prekey.notBefore'
    value: number
    index: number
  }

  export interface UserRecordDevicesPrekeyNotAfterFieldEvent {
    field: '$.devices[].prekey.notAfter'
    value: number
    index: number
  }

  export interface UserRecordDevicesOneTimeKeysFieldEvent {
    field: '$.devices[].oneTimeKeys[]'
    index: number
    value: Uint8Array
  }

  export interface UserRecordIssuedAtFieldEvent {
    field: '$.issuedAt'
    value: number
  }

  export interface UserRecordExpiresAtFieldEvent {
    field: '$.expiresAt'
    value: number
  }

  export function encode (obj: Partial<UserRecord>): Uint8Array {
    return encodeMessage(obj, UserRecord.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UserRecord>): UserRecord {
    return decodeMessage(buf, UserRecord.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UserRecord>): Generator<UserRecordUserFieldEvent | UserRecordSeqFieldEvent | UserRecordNickFieldEvent | UserRecordDevicesNumberFieldEvent | UserRecordDevicesPrekeyX25519FieldEvent | UserRecordDevicesPrekeyXwingFieldEvent | UserRecordDevicesPrekeyNotBeforeFieldEvent | UserRecordDevicesPrekeyNotAfterFieldEvent | UserRecordDevicesOneTimeKeysFieldEvent | UserRecordIssuedAtFieldEvent | UserRecordExpiresAtFieldEvent> {
    return streamMessage(buf, UserRecord.codec(), opts)
  }
}

export interface Device {
  number: number
  prekey?: Prekey
  oneTimeKeys: Uint8Array[]
}

export namespace Device {
  let _codec: Codec<Device>

  export const codec = (): Codec<Device> => {
    if (_codec == null) {
      _codec = message<Device>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(8)
          w.uint32(obj.number)
        }

        if (obj.prekey != null) {
          w.uint32(18)
          Prekey.codec().encode(obj.prekey, w)
        }

        if (obj.oneTimeKeys != null && obj.oneTimeKeys.length > 0) {
          for (const value of obj.oneTimeKeys) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          number: 0,
          oneTimeKeys: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.number = reader.uint32()
              break
            }
            case 2: {
              obj.prekey = Prekey.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.prekey
              })
              break
            }
            case 3: {
              if (opts.limits?.oneTimeKeys != null && obj.oneTimeKeys.length === opts.limits.oneTimeKeys) {
                throw new MaxLengthError('Decode error - repeated field "oneTimeKeys" had too many elements')
              }

              obj.oneTimeKeys.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          oneTimeKeys: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.number`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield * Prekey.codec().stream(reader, reader.uint32(), `${prefix}.prekey`, {
                limits: opts.limits?.prekey
              })

              break
            }
            case 3: {
              if (opts.limits?.oneTimeKeys != null && obj.oneTimeKeys === opts.limits.oneTimeKeys) {
                throw new MaxLengthError('Streaming decode error - repeated field "oneTimeKeys" had too many elements')
              }

              yield {
                field: `${prefix}.oneTimeKeys[]`,
                index: obj.oneTimeKeys,
                value: reader.bytes()
              }

              obj.oneTimeKeys++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DeviceNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface DevicePrekeyX25519FieldEvent {
    field: '$.prekey.x25519'
    value: Uint8Array
  }

  export interface DevicePrekeyXwingFieldEvent {
    field: '$.prekey.xwing'
    value: Uint8Array
  }

  export interface DevicePrekeyNotBeforeFieldEvent {
    field: '$.prekey.notBefore'
    value: number
  }

  export interface DevicePrekeyNotAfterFieldEvent {
    field: '$.prekey.notAfter'
    value: number
  }

  export interface DeviceOneTimeKeysFieldEvent {
    field: '$.oneTimeKeys[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<Device>): Uint8Array {
    return encodeMessage(obj, Device.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Device>): Device {
    return decodeMessage(buf, Device.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Device>): Generator<DeviceNumberFieldEvent | DevicePrekeyX25519FieldEvent | DevicePrekeyXwingFieldEvent | DevicePrekeyNotBeforeFieldEvent | DevicePrekeyNotAfterFieldEvent | DeviceOneTimeKeysFieldEvent> {
    return streamMessage(buf, Device.codec(), opts)
  }
}

export interface Prekey {
  x25519: Uint8Array
  xwing: Uint8Array
  notBefore: number
  notAfter: number
}

export namespace Prekey {
  let _codec: Codec<Prekey>

  export const codec = (): Codec<Prekey> => {
    if (_codec == null) {
      _codec = message<Prekey>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.x25519 != null && obj.x25519.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.x25519)
        }

        if ((obj.xwing != null && obj.xwing.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.xwing)
        }

        if ((obj.notBefore != null && obj.notBefore !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.notBefore)
        }

        if ((obj.notAfter != null && obj.notAfter !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.notAfter)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          x25519: uint8ArrayAlloc(0),
          xwing: uint8ArrayAlloc(0),
          notBefore: 0,
          notAfter: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.x25519 = reader.bytes()
              break
            }
            case 2: {
              obj.xwing = reader.bytes()
              break
            }
            case 3: {
              obj.notBefore = reader.uint64Number()
              break
            }
            case 4: {
              obj.notAfter = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.x25519`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.xwing`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.notBefore`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.notAfter`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface PrekeyX25519FieldEvent {
    field: '$.x25519'
    value: Uint8Array
  }

  export interface PrekeyXwingFieldEvent {
    field: '$.xwing'
    value: Uint8Array
  }

  export interface PrekeyNotBeforeFieldEvent {
    field: '$.notBefore'
    value: number
  }

  export interface PrekeyNotAfterFieldEvent {
    field: '$.notAfter'
    value: number
  }

  export function encode (obj: Partial<Prekey>): Uint8Array {
    return encodeMessage(obj, Prekey.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prekey>): Prekey {
    return decodeMessage(buf, Prekey.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Prekey>): Generator<PrekeyX25519FieldEvent | PrekeyXwingFieldEvent | PrekeyNotBeforeFieldEvent | PrekeyNotAfterFieldEvent> {
    return streamMessage(buf, Prekey.codec(), opts)
  }
}

export interface Question {
  descriptor?: DescriptorQuestion
  record?: RecordQuestion
  epochs?: EpochsQuestion
  log?: LogQuestion
  frames?: FramesQuestion
  sessions?: SessionsQuestion
}

export namespace Question {
  let _codec: Codec<Question>

  export const codec = (): Codec<Question> => {
    if (_codec == null) {
      _codec = message<Question>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        obj = { ...obj }

        if (obj.sessions != null) {
          obj.frames = undefined
          obj.log = undefined
          obj.epochs = undefined
          obj.record = undefined
          obj.descriptor = undefined
        }

        if (obj.frames != null) {
          obj.sessions = undefined
          obj.log = undefined
          obj.epochs = undefined
          obj.record = undefined
          obj.descriptor = undefined
        }

        if (obj.log != null) {
          obj.sessions = undefined
          obj.frames = undefined
          obj.epochs = undefined
          obj.record = undefined
          obj.descriptor = undefined
        }

        if (obj.epochs != null) {
          obj.sessions = undefined
          obj.frames = undefined
          obj.log = undefined
          obj.record = undefined
          obj.descriptor = undefined
        }

        if (obj.record != null) {
          obj.sessions = undefined
          obj.frames = undefined
          obj.log = undefined
          obj.epochs = undefined
          obj.descriptor = undefined
        }

        if (obj.descriptor != null) {
          obj.sessions = undefined
          obj.frames = undefined
          obj.log = undefined
          obj.epochs = undefined
          obj.record = undefined
        }

        if (obj.descriptor != null) {
          w.uint32(10)
          DescriptorQuestion.codec().encode(obj.descriptor, w)
        }

        if (obj.record != null) {
          w.uint32(18)
          RecordQuestion.codec().encode(obj.record, w)
        }

        if (obj.epochs != null) {
          w.uint32(26)
          EpochsQuestion.codec().encode(obj.epochs, w)
        }

        if (obj.log != null) {
          w.uint32(34)
          LogQuestion.codec().encode(obj.log, w)
        }

        if (obj.frames != null) {
          w.uint32(42)
          FramesQuestion.codec().encode(obj.frames, w)
        }

        if (obj.sessions != null) {
          w.uint32(50)
          SessionsQuestion.codec().encode(obj.sessions, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {}

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.descriptor = DescriptorQuestion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.descriptor
              })
              break
            }
            case 2: {
              obj.record = RecordQuestion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.record
              })
              break
            }
            case 3: {
              obj.epochs = EpochsQuestion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.epochs
              })
              break
            }
            case 4: {
              obj.log = LogQuestion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.log
              })
              break
            }
            case 5: {
              obj.frames = FramesQuestion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.frames
              })
              break
            }
            case 6: {
              obj.sessions = SessionsQuestion.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.sessions
              })
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        if (obj.sessions != null) {
          delete obj.frames
          delete obj.log
          delete obj.epochs
          delete obj.record
          delete obj.descriptor
        }

        if (obj.frames != null) {
          delete obj.sessions
          delete obj.log
          delete obj.epochs
          delete obj.record
          delete obj.descriptor
        }

        if (obj.log != null) {
          delete obj.sessions
          delete obj.frames
          delete obj.epochs
          delete obj.record
          delete obj.descriptor
        }

        if (obj.epochs != null) {
          delete obj.sessions
          delete obj.frames
          delete obj.log
          delete obj.record
          delete obj.descriptor
        }

        if (obj.record != null) {
          delete obj.sessions
          delete obj.frames
          delete obj.log
          delete obj.epochs
          delete obj.descriptor
        }

        if (obj.descriptor != null) {
          delete obj.sessions
          delete obj.frames
          delete obj.log
          delete obj.epochs
          delete obj.record
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield * DescriptorQuestion.codec().stream(reader, reader.uint32(), `${prefix}.descriptor`, {
                limits: opts.limits?.descriptor
              })

              break
            }
            case 2: {
              yield * RecordQuestion.codec().stream(reader, reader.uint32(), `${prefix}.record`, {
                limits: opts.limits?.record
              })

              break
            }
            case 3: {
              yield * EpochsQuestion.codec().stream(reader, reader.uint32(), `${prefix}.epochs`, {
                limits: opts.limits?.epochs
              })

              break
            }
            case 4: {
              yield * LogQuestion.codec().stream(reader, reader.uint32(), `${prefix}.log`, {
                limits: opts.limits?.log
              })

              break
            }
            case 5: {
              yield * FramesQuestion.codec().stream(reader, reader.uint32(), `${prefix}.frames`, {
                limits: opts.limits?.frames
              })

              break
            }
            case 6: {
              yield * SessionsQuestion.codec().stream(reader, reader.uint32(), `${prefix}.sessions`, {
                limits: opts.limits?.sessions
              })

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface QuestionDescriptorChannelFieldEvent {
    field: '$.descriptor.channel'
    value: Uint8Array
  }

  export interface QuestionRecordUserFieldEvent {
    field: '$.record.user'
    value: Uint8Array
  }

  export interface QuestionEpochsChannelFieldEvent {
    field: '$.epochs.channel'
    value: Uint8Array
  }

  export interface QuestionEpochsGroupFieldEvent {
    field: '$.epochs.group'
    value: Uint8Array
  }

  export interface QuestionEpochsAfterFieldEvent {
    field: '$.epochs.after'
    value: Uint8Array
  }

  export interface QuestionEpochsChunksFieldEvent {
    field: '$.epochs.chunks[]'
    index: number
    value: number
  }

  export interface QuestionLogChannelFieldEvent {
    field: '$.log.channel'
    value: Uint8Array
  }

  export interface QuestionLogKeyTermFieldEvent {
    field: '$.log.key.term'
    value: number
  }

  export interface QuestionLogKeySerialFieldEvent {
    field: '$.log.key.serial'
    value: number
  }

  export interface QuestionLogKeyCommitmentFieldEvent {
    field: '$.log.key.commitment'
    value: Uint8Array
  }

  export interface QuestionLogOffsetFieldEvent {
    field: '$.log.offset'
    value: number
  }

  export interface QuestionFramesChannelFieldEvent {
    field: '$.frames.channel'
    value: Uint8Array
  }

  export interface QuestionFramesRangesSenderFieldEvent {
    field: '$.frames.ranges[].sender'
    value: Uint8Array
    index: number
  }

  export interface QuestionFramesRangesGroupFieldEvent {
    field: '$.frames.ranges[].group'
    value: Uint8Array
    index: number
  }

  export interface QuestionFramesRangesFromFieldEvent {
    field: '$.frames.ranges[].from'
    value: number
    index: number
  }

  export interface QuestionFramesRangesToFieldEvent {
    field: '$.frames.ranges[].to'
    value: number
    index: number
  }

  export interface QuestionSessionsChannelFieldEvent {
    field: '$.sessions.channel'
    value: Uint8Array
  }

  export interface QuestionSessionsFromFieldEvent {
    field: '$.sessions.from'
    value: number
  }

  export interface QuestionSessionsKnownFieldEvent {
    field: '$.sessions.known[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<Question>): Uint8Array {
    return encodeMessage(obj, Question.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Question>): Question {
    return decodeMessage(buf, Question.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Question>): Generator<QuestionDescriptorChannelFieldEvent | QuestionRecordUserFieldEvent | QuestionEpochsChannelFieldEvent | QuestionEpochsGroupFieldEvent | QuestionEpochsAfterFieldEvent | QuestionEpochsChunksFieldEvent | QuestionLogChannelFieldEvent | QuestionLogKeyTermFieldEvent | QuestionLogKeySerialFieldEvent | QuestionLogKeyCommitmentFieldEvent | QuestionLogOffsetFieldEvent | QuestionFramesChannelFieldEvent | QuestionFramesRangesSenderFieldEvent | QuestionFramesRangesGroupFieldEvent | QuestionFramesRangesFromFieldEvent | QuestionFramesRangesToFieldEvent | QuestionSessionsChannelFieldEvent | QuestionSessionsFromFieldEvent | QuestionSessionsKnownFieldEvent> {
    return streamMessage(buf, Question.codec(), opts)
  }
}

export interface DescriptorQuestion {
  channel: Uint8Array
}

export namespace DescriptorQuestion {
  let _codec: Codec<DescriptorQuestion>

  export const codec = (): Codec<DescriptorQuestion> => {
    if (_codec == null) {
      _codec = message<DescriptorQuestion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface DescriptorQuestionChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export function encode (obj: Partial<DescriptorQuestion>): Uint8Array {
    return encodeMessage(obj, DescriptorQuestion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorQuestion>): DescriptorQuestion {
    return decodeMessage(buf, DescriptorQuestion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DescriptorQuestion>): Generator<DescriptorQuestionChannelFieldEvent> {
    return streamMessage(buf, DescriptorQuestion.codec(), opts)
  }
}

export interface RecordQuestion {
  user: Uint8Array
}

export namespace RecordQuestion {
  let _codec: Codec<RecordQuestion>

  export const codec = (): Codec<RecordQuestion> => {
    if (_codec == null) {
      _codec = message<RecordQuestion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.user = reader.bytes()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.user`,
                value: reader.bytes()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RecordQuestionUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export function encode (obj: Partial<RecordQuestion>): Uint8Array {
    return encodeMessage(obj, RecordQuestion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RecordQuestion>): RecordQuestion {
    return decodeMessage(buf, RecordQuestion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RecordQuestion>): Generator<RecordQuestionUserFieldEvent> {
    return streamMessage(buf, RecordQuestion.codec(), opts)
  }
}

export interface EpochsQuestion {
  channel: Uint8Array
  group: Uint8Array
  after: Uint8Array
  chunks: number[]
}

export namespace EpochsQuestion {
  let _codec: Codec<EpochsQuestion>

  export const codec = (): Codec<EpochsQuestion> => {
    if (_codec == null) {
      _codec = message<EpochsQuestion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.group)
        }

        if ((obj.after != null && obj.after.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.after)
        }

        if (obj.chunks != null && obj.chunks.length > 0) {
          for (const value of obj.chunks) {
            w.uint32(32)
            w.uint32(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          group: uint8ArrayAlloc(0),
          after: uint8ArrayAlloc(0),
          chunks: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.group = reader.bytes()
              break
            }
            case 3: {
              obj.after = reader.bytes()
              break
            }
            case 4: {
              if (opts.limits?.chunks != null && obj.chunks.length === opts.limits.chunks) {
                throw new MaxLengthError('Decode error - repeated field "chunks" had too many elements')
              }

              obj.chunks.push(reader.uint32())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          chunks: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.after`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              if (opts.limits?.chunks != null && obj.chunks === opts.limits.chunks) {
                throw new MaxLengthError('Streaming decode error - repeated field "chunks" had too many elements')
              }

              yield {
                field: `${prefix}.chunks[]`,
                index: obj.chunks,
                value: reader.uint32()
              }

              obj.chunks++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface EpochsQuestionChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface EpochsQuestionGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface EpochsQuestionAfterFieldEvent {
    field: '$.after'
    value: Uint8Array
  }

  export interface EpochsQuestionChunksFieldEvent {
    field: '$.chunks[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<EpochsQuestion>): Uint8Array {
    return encodeMessage(obj, EpochsQuestion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EpochsQuestion>): EpochsQuestion {
    return decodeMessage(buf, EpochsQuestion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EpochsQuestion>): Generator<EpochsQuestionChannelFieldEvent | EpochsQuestionGroupFieldEvent | EpochsQuestionAfterFieldEvent | EpochsQuestionChunksFieldEvent> {
    return streamMessage(buf, EpochsQuestion.codec(), opts)
  }
}

export interface LogQuestion {
  channel: Uint8Array
  key?: KeyId
  offset: number
}

export namespace LogQuestion {
  let _codec: Codec<LogQuestion>

  export const codec = (): Codec<LogQuestion> => {
    if (_codec == null) {
      _codec = message<LogQuestion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if (obj.key != null) {
          w.uint32(18)
          KeyId.codec().encode(obj.key, w)
        }

        if ((obj.offset != null && obj.offset !== 0)) {
          w.uint32(24)
          w.uint32(obj.offset)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          offset: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.key = KeyId.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.key
              })
              break
            }
            case 3: {
              obj.offset = reader.uint32()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield * KeyId.codec().stream(reader, reader.uint32(), `${prefix}.key`, {
                limits: opts.limits?.key
              })

              break
            }
            case 3: {
              yield {
                field: `${prefix}.offset`,
                value: reader.uint32()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface LogQuestionChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface LogQuestionKeyTermFieldEvent {
    field: '$.key.term'
    value: number
  }

  export interface LogQuestionKeySerialFieldEvent {
    field: '$.key.serial'
    value: number
  }

  export interface LogQuestionKeyCommitmentFieldEvent {
    field: '$.key.commitment'
    value: Uint8Array
  }

  export interface LogQuestionOffsetFieldEvent {
    field: '$.offset'
    value: number
  }

  export function encode (obj: Partial<LogQuestion>): Uint8Array {
    return encodeMessage(obj, LogQuestion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogQuestion>): LogQuestion {
    return decodeMessage(buf, LogQuestion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogQuestion>): Generator<LogQuestionChannelFieldEvent | LogQuestionKeyTermFieldEvent | LogQuestionKeySerialFieldEvent | LogQuestionKeyCommitmentFieldEvent | LogQuestionOffsetFieldEvent> {
    return streamMessage(buf, LogQuestion.codec(), opts)
  }
}

export interface FramesQuestion {
  channel: Uint8Array
  ranges: Range[]
}

export namespace FramesQuestion {
  let _codec: Codec<FramesQuestion>

  export const codec = (): Codec<FramesQuestion> => {
    if (_codec == null) {
      _codec = message<FramesQuestion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if (obj.ranges != null && obj.ranges.length > 0) {
          for (const value of obj.ranges) {
            w.uint32(18)
            Range.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          ranges: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges.length === opts.limits.ranges) {
                throw new MaxLengthError('Decode error - repeated field "ranges" had too many elements')
              }

              obj.ranges.push(Range.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ranges$
              }))
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          ranges: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.ranges != null && obj.ranges === opts.limits.ranges) {
                throw new MaxLengthError('Streaming decode error - repeated field "ranges" had too many elements')
              }

              for (const evt of Range.codec().stream(reader, reader.uint32(), `${prefix}.ranges[]`, {
                limits: opts.limits?.ranges$
              })) {
                yield {
                  ...evt,
                  index: obj.ranges
                }
              }

              obj.ranges++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface FramesQuestionChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface FramesQuestionRangesSenderFieldEvent {
    field: '$.ranges[].sender'
    value: Uint8Array
    index: number
  }

  export interface FramesQuestionRangesGroupFieldEvent {
    field: '$.ranges[].group'
    value: Uint8Array
    index: number
  }

  export interface FramesQuestionRangesFromFieldEvent {
    field: '$.ranges[].from'
    value: number
    index: number
  }

  export interface FramesQuestionRangesToFieldEvent {
    field: '$.ranges[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<FramesQuestion>): Uint8Array {
    return encodeMessage(obj, FramesQuestion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FramesQuestion>): FramesQuestion {
    return decodeMessage(buf, FramesQuestion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FramesQuestion>): Generator<FramesQuestionChannelFieldEvent | FramesQuestionRangesSenderFieldEvent | FramesQuestionRangesGroupFieldEvent | FramesQuestionRangesFromFieldEvent | FramesQuestionRangesToFieldEvent> {
    return streamMessage(buf, FramesQuestion.codec(), opts)
  }
}

export interface Range {
  sender: Uint8Array
  group: Uint8Array
  from: number
  to: number
}

export namespace Range {
  let _codec: Codec<Range>

  export const codec = (): Codec<Range> => {
    if (_codec == null) {
      _codec = message<Range>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sender != null && obj.sender.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.sender)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.group)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.from)
        }

        if ((obj.to != null && obj.to !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sender: uint8ArrayAlloc(0),
          group: uint8ArrayAlloc(0),
          from: 0,
          to: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sender = reader.bytes()
              break
            }
            case 2: {
              obj.group = reader.bytes()
              break
            }
            case 3: {
              obj.from = reader.uint64Number()
              break
            }
            case 4: {
              obj.to = reader.uint64Number()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.sender`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.to`,
                value: reader.uint64Number()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface RangeSenderFieldEvent {
    field: '$.sender'
    value: Uint8Array
  }

  export interface RangeGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface RangeFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface RangeToFieldEvent {
    field: '$.to'
    value: number
  }

  export function encode (obj: Partial<Range>): Uint8Array {
    return encodeMessage(obj, Range.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Range>): Range {
    return decodeMessage(buf, Range.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Range>): Generator<RangeSenderFieldEvent | RangeGroupFieldEvent | RangeFromFieldEvent | RangeToFieldEvent> {
    return streamMessage(buf, Range.codec(), opts)
  }
}

export interface SessionsQuestion {
  channel: Uint8Array
  from: number
  known: Uint8Array[]
}

export namespace SessionsQuestion {
  let _codec: Codec<SessionsQuestion>

  export const codec = (): Codec<SessionsQuestion> => {
    if (_codec == null) {
      _codec = message<SessionsQuestion>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.from)
        }

        if (obj.known != null && obj.known.length > 0) {
          for (const value of obj.known) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          from: 0,
          known: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.channel = reader.bytes()
              break
            }
            case 2: {
              obj.from = reader.uint64Number()
              break
            }
            case 3: {
              if (opts.limits?.known != null && obj.known.length === opts.limits.known) {
                throw new MaxLengthError('Decode error - repeated field "known" had too many elements')
              }

              obj.known.push(reader.bytes())
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          known: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.channel`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              if (opts.limits?.known != null && obj.known === opts.limits.known) {
                throw new MaxLengthError('Streaming decode error - repeated field "known" had too many elements')
              }

              yield {
                field: `${prefix}.known[]`,
                index: obj.known,
                value: reader.bytes()
              }

              obj.known++

              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface SessionsQuestionChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface SessionsQuestionFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface SessionsQuestionKnownFieldEvent {
    field: '$.known[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<SessionsQuestion>): Uint8Array {
    return encodeMessage(obj, SessionsQuestion.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionsQuestion>): SessionsQuestion {
    return decodeMessage(buf, SessionsQuestion.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionsQuestion>): Generator<SessionsQuestionChannelFieldEvent | SessionsQuestionFromFieldEvent | SessionsQuestionKnownFieldEvent> {
    return streamMessage(buf, SessionsQuestion.codec(), opts)
  }
}

export interface Answer {
  descriptors: Uint8Array
  records: Uint8Array[]
  frames: Uint8Array[]
  sealed: Uint8Array
  isMore: boolean
}

export namespace Answer {
  let _codec: Codec<Answer>

  export const codec = (): Codec<Answer> => {
    if (_codec == null) {
      _codec = message<Answer>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.descriptors != null && obj.descriptors.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.descriptors)
        }

        if (obj.records != null && obj.records.length > 0) {
          for (const value of obj.records) {
            w.uint32(18)
            w.bytes(value)
          }
        }

        if (obj.frames != null && obj.frames.length > 0) {
          for (const value of obj.frames) {
            w.uint32(26)
            w.bytes(value)
          }
        }

        if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.sealed)
        }

        if ((obj.isMore != null && obj.isMore !== false)) {
          w.uint32(40)
          w.bool(obj.isMore)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          descriptors: uint8ArrayAlloc(0),
          records: [],
          frames: [],
          sealed: uint8ArrayAlloc(0),
          isMore: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.descriptors = reader.bytes()
              break
            }
            case 2: {
              if (opts.limits?.records != null && obj.records.length === opts.limits.records) {
                throw new MaxLengthError('Decode error - repeated field "records" had too many elements')
              }

              obj.records.push(reader.bytes())
              break
            }
            case 3: {
              if (opts.limits?.frames != null && obj.frames.length === opts.limits.frames) {
                throw new MaxLengthError('Decode error - repeated field "frames" had too many elements')
              }

              obj.frames.push(reader.bytes())
              break
            }
            case 4: {
              obj.sealed = reader.bytes()
              break
            }
            case 5: {
              obj.isMore = reader.bool()
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }

        return obj
      }, function * (reader, length, prefix, opts = {}) {
        const obj = {
          records: 0,
          frames: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              yield {
                field: `${prefix}.descriptors`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              if (opts.limits?.records != null && obj.records === opts.limits.records) {
                throw new MaxLengthError('Streaming decode error - repeated field "records" had too many elements')
              }

              yield {
                field: `${prefix}.records[]`,
                index: obj.records,
                value: reader.bytes()
              }

              obj.records++

              break
            }
            case 3: {
              if (opts.limits?.frames != null && obj.frames === opts.limits.frames) {
                throw new MaxLengthError('Streaming decode error - repeated field "frames" had too many elements')
              }

              yield {
                field: `${prefix}.frames[]`,
                index: obj.frames,
                value: reader.bytes()
              }

              obj.frames++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.sealed`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.isMore`,
                value: reader.bool()
              }
              break
            }
            default: {
              reader.skipType(tag & 7)
              break
            }
          }
        }
      })
    }

    return _codec
  }

  export interface AnswerDescriptorsFieldEvent {
    field: '$.descriptors'
    value: Uint8Array
  }

  export interface AnswerRecordsFieldEvent {
    field: '$.records[]'
    index: number
    value: Uint8Array
  }

  export interface AnswerFramesFieldEvent {
    field: '$.frames[]'
    index: number
    value: Uint8Array
  }

  export interface AnswerSealedFieldEvent {
    field: '$.sealed'
    value: Uint8Array
  }

  export interface AnswerIsMoreFieldEvent {
    field: '$.isMore'
    value: boolean
  }

  export function encode (obj: Partial<Answer>): Uint8Array {
    return encodeMessage(obj, Answer.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Answer>): Answer {
    return decodeMessage(buf, Answer.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Answer>): Generator<AnswerDescriptorsFieldEvent | AnswerRecordsFieldEvent | AnswerFramesFieldEvent | AnswerSealedFieldEvent | AnswerIsMoreFieldEvent> {
    return streamMessage(buf, Answer.codec(), opts)
  }
}
