import { decodeMessage, encodeMessage, enumeration, MaxLengthError, message, streamMessage } from 'protons-runtime'
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc'
import type { Codec, DecodeOptions } from 'protons-runtime'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface SelfRow {
  starts: number
  recordSeq: number
  nick: string
  prekeys: Uint8Array
  record: Uint8Array
}

export namespace SelfRow {
  let _codec: Codec<SelfRow>

  export const codec = (): Codec<SelfRow> => {
    if (_codec == null) {
      _codec = message<SelfRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.starts != null && obj.starts !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.starts)
        }

        if ((obj.recordSeq != null && obj.recordSeq !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.recordSeq)
        }

        if ((obj.nick != null && obj.nick !== '')) {
          w.uint32(26)
          w.string(obj.nick)
        }

        if ((obj.prekeys != null && obj.prekeys.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.prekeys)
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.record)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          starts: 0,
          recordSeq: 0,
          nick: '',
          prekeys: uint8ArrayAlloc(0),
          record: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.starts = reader.uint64Number()
              break
            }
            case 2: {
              obj.recordSeq = reader.uint64Number()
              break
            }
            case 3: {
              obj.nick = reader.string()
              break
            }
            case 4: {
              obj.prekeys = reader.bytes()
              break
            }
            case 5: {
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
                field: `${prefix}.starts`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.recordSeq`,
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
              yield {
                field: `${prefix}.prekeys`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
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

  export interface SelfRowStartsFieldEvent {
    field: '$.starts'
    value: number
  }

  export interface SelfRowRecordSeqFieldEvent {
    field: '$.recordSeq'
    value: number
  }

  export interface SelfRowNickFieldEvent {
    field: '$.nick'
    value: string
  }

  export interface SelfRowPrekeysFieldEvent {
    field: '$.prekeys'
    value: Uint8Array
  }

  export interface SelfRowRecordFieldEvent {
    field: '$.record'
    value: Uint8Array
  }

  export function encode (obj: Partial<SelfRow>): Uint8Array {
    return encodeMessage(obj, SelfRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SelfRow>): SelfRow {
    return decodeMessage(buf, SelfRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SelfRow>): Generator<SelfRowStartsFieldEvent | SelfRowRecordSeqFieldEvent | SelfRowNickFieldEvent | SelfRowPrekeysFieldEvent | SelfRowRecordFieldEvent> {
    return streamMessage(buf, SelfRow.codec(), opts)
  }
}

export interface ChannelRow {
  charter: Uint8Array
  invite: string
  alarm: Uint8Array
  promisedTerm: number
  promisedSerial: number
  wasRemoved: boolean
}

export namespace ChannelRow {
  let _codec: Codec<ChannelRow>

  export const codec = (): Codec<ChannelRow> => {
    if (_codec == null) {
      _codec = message<ChannelRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.charter != null && obj.charter.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.charter)
        }

        if ((obj.invite != null && obj.invite !== '')) {
          w.uint32(18)
          w.string(obj.invite)
        }

        if ((obj.alarm != null && obj.alarm.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.alarm)
        }

        if ((obj.promisedTerm != null && obj.promisedTerm !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.promisedTerm)
        }

        if ((obj.promisedSerial != null && obj.promisedSerial !== 0)) {
          w.uint32(40)
          w.uint32(obj.promisedSerial)
        }

        if ((obj.wasRemoved != null && obj.wasRemoved !== false)) {
          w.uint32(48)
          w.bool(obj.wasRemoved)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          charter: uint8ArrayAlloc(0),
          invite: '',
          alarm: uint8ArrayAlloc(0),
          promisedTerm: 0,
          promisedSerial: 0,
          wasRemoved: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.charter = reader.bytes()
              break
            }
            case 2: {
              obj.invite = reader.string()
              break
            }
            case 3: {
              obj.alarm = reader.bytes()
              break
            }
            case 4: {
              obj.promisedTerm = reader.uint64Number()
              break
            }
            case 5: {
              obj.promisedSerial = reader.uint32()
              break
            }
            case 6: {
              obj.wasRemoved = reader.bool()
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
                field: `${prefix}.charter`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.invite`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.alarm`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.promisedTerm`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.promisedSerial`,
                value: reader.uint32()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.wasRemoved`,
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

  export interface ChannelRowCharterFieldEvent {
    field: '$.charter'
    value: Uint8Array
  }

  export interface ChannelRowInviteFieldEvent {
    field: '$.invite'
    value: string
  }

  export interface ChannelRowAlarmFieldEvent {
    field: '$.alarm'
    value: Uint8Array
  }

  export interface ChannelRowPromisedTermFieldEvent {
    field: '$.promisedTerm'
    value: number
  }

  export interface ChannelRowPromisedSerialFieldEvent {
    field: '$.promisedSerial'
    value: number
  }

  export interface ChannelRowWasRemovedFieldEvent {
    field: '$.wasRemoved'
    value: boolean
  }

  export function encode (obj: Partial<ChannelRow>): Uint8Array {
    return encodeMessage(obj, ChannelRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChannelRow>): ChannelRow {
    return decodeMessage(buf, ChannelRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChannelRow>): Generator<ChannelRowCharterFieldEvent | ChannelRowInviteFieldEvent | ChannelRowAlarmFieldEvent | ChannelRowPromisedTermFieldEvent | ChannelRowPromisedSerialFieldEvent | ChannelRowWasRemovedFieldEvent> {
    return streamMessage(buf, ChannelRow.codec(), opts)
  }
}

export interface ClockRow {
  lamport: number
  previous: Uint8Array
  group: Uint8Array
  said: number
}

export namespace ClockRow {
  let _codec: Codec<ClockRow>

  export const codec = (): Codec<ClockRow> => {
    if (_codec == null) {
      _codec = message<ClockRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.lamport)
        }

        if ((obj.previous != null && obj.previous.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.previous)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.group)
        }

        if ((obj.said != null && obj.said !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.said)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          lamport: 0,
          previous: uint8ArrayAlloc(0),
          group: uint8ArrayAlloc(0),
          said: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.lamport = reader.uint64Number()
              break
            }
            case 2: {
              obj.previous = reader.bytes()
              break
            }
            case 3: {
              obj.group = reader.bytes()
              break
            }
            case 4: {
              obj.said = reader.uint64Number()
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
                field: `${prefix}.lamport`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.previous`,
                value: reader.bytes()
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
              yield {
                field: `${prefix}.said`,
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

  export interface ClockRowLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface ClockRowPreviousFieldEvent {
    field: '$.previous'
    value: Uint8Array
  }

  export interface ClockRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface ClockRowSaidFieldEvent {
    field: '$.said'
    value: number
  }

  export function encode (obj: Partial<ClockRow>): Uint8Array {
    return encodeMessage(obj, ClockRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClockRow>): ClockRow {
    return decodeMessage(buf, ClockRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClockRow>): Generator<ClockRowLamportFieldEvent | ClockRowPreviousFieldEvent | ClockRowGroupFieldEvent | ClockRowSaidFieldEvent> {
    return streamMessage(buf, ClockRow.codec(), opts)
  }
}

export interface EpochRow {
  term: number
  serial: number
  commitment: Uint8Array
  announcement: Uint8Array
  transcript: Uint8Array
  notAfter: number
  issuer: Uint8Array
  init: Uint8Array
  control: Uint8Array
  secrets: Uint8Array
  tree: Uint8Array
  endedAt: number
  reason: string
  group: Uint8Array
  entries: EntryRow[]
  roster: Uint8Array
  isGranted: boolean
}

export namespace EpochRow {
  let _codec: Codec<EpochRow>

  export const codec = (): Codec<EpochRow> => {
    if (_codec == null) {
      _codec = message<EpochRow>((obj, w, opts = {}) => {
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

        if ((obj.announcement != null && obj.announcement.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.announcement)
        }

        if ((obj.transcript != null && obj.transcript.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.transcript)
        }

        if ((obj.notAfter != null && obj.notAfter !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.notAfter)
        }

        if ((obj.issuer != null && obj.issuer.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.issuer)
        }

        if ((obj.init != null && obj.init.byteLength > 0)) {
          w.uint32(66)
          w.bytes(obj.init)
        }

        if ((obj.control != null && obj.control.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.control)
        }

        if ((obj.secrets != null && obj.secrets.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.secrets)
        }

        if ((obj.tree != null && obj.tree.byteLength > 0)) {
          w.uint32(90)
          w.bytes(obj.tree)
        }

        if ((obj.endedAt != null && obj.endedAt !== 0)) {
          w.uint32(96)
          w.uint64Number(obj.endedAt)
        }

        if ((obj.reason != null && obj.reason !== '')) {
          w.uint32(106)
          w.string(obj.reason)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(114)
          w.bytes(obj.group)
        }

        if (obj.entries != null && obj.entries.length > 0) {
          for (const value of obj.entries) {
            w.uint32(122)
            EntryRow.codec().encode(value, w)
          }
        }

        if ((obj.roster != null && obj.roster.byteLength > 0)) {
          w.uint32(130)
          w.bytes(obj.roster)
        }

        if ((obj.isGranted != null && obj.isGranted !== false)) {
          w.uint32(136)
          w.bool(obj.isGranted)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          term: 0,
          serial: 0,
          commitment: uint8ArrayAlloc(0),
          announcement: uint8ArrayAlloc(0),
          transcript: uint8ArrayAlloc(0),
          notAfter: 0,
          issuer: uint8ArrayAlloc(0),
          init: uint8ArrayAlloc(0),
          control: uint8ArrayAlloc(0),
          secrets: uint8ArrayAlloc(0),
          tree: uint8ArrayAlloc(0),
          endedAt: 0,
          reason: '',
          group: uint8ArrayAlloc(0),
          entries: [],
          roster: uint8ArrayAlloc(0),
          isGranted: false
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
            case 4: {
              obj.announcement = reader.bytes()
              break
            }
            case 5: {
              obj.transcript = reader.bytes()
              break
            }
            case 6: {
              obj.notAfter = reader.uint64Number()
              break
            }
            case 7: {
              obj.issuer = reader.bytes()
              break
            }
            case 8: {
              obj.init = reader.bytes()
              break
            }
            case 9: {
              obj.control = reader.bytes()
              break
            }
            case 10: {
              obj.secrets = reader.bytes()
              break
            }
            case 11: {
              obj.tree = reader.bytes()
              break
            }
            case 12: {
              obj.endedAt = reader.uint64Number()
              break
            }
            case 13: {
              obj.reason = reader.string()
              break
            }
            case 14: {
              obj.group = reader.bytes()
              break
            }
            case 15: {
              if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements')
              }

              obj.entries.push(EntryRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.entries$
              }))
              break
            }
            case 16: {
              obj.roster = reader.bytes()
              break
            }
            case 17: {
              obj.isGranted = reader.bool()
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
          entries: 0
        }

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
            case 4: {
              yield {
                field: `${prefix}.announcement`,
                value: reader.bytes()
              }
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
                field: `${prefix}.notAfter`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.issuer`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.init`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.control`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.secrets`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.tree`,
                value: reader.bytes()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.endedAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.reason`,
                value: reader.string()
              }
              break
            }
            case 14: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 15: {
              if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements')
              }

              for (const evt of EntryRow.codec().stream(reader, reader.uint32(), `${prefix}.entries[]`, {
                limits: opts.limits?.entries$
              })) {
                yield {
                  ...evt,
                  index: obj.entries
                }
              }

              obj.entries++

              break
            }
            case 16: {
              yield {
                field: `${prefix}.roster`,
                value: reader.bytes()
              }
              break
            }
            case 17: {
              yield {
                field: `${prefix}.isGranted`,
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

  export interface EpochRowTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface EpochRowSerialFieldEvent {
    field: '$.serial'
    value: number
  }

  export interface EpochRowCommitmentFieldEvent {
    field: '$.commitment'
    value: Uint8Array
  }

  export interface EpochRowAnnouncementFieldEvent {
    field: '$.announcement'
    value: Uint8Array
  }

  export interface EpochRowTranscriptFieldEvent {
    field: '$.transcript'
    value: Uint8Array
  }

  export interface EpochRowNotAfterFieldEvent {
    field: '$.notAfter'
    value: number
  }

  export interface EpochRowIssuerFieldEvent {
    field: '$.issuer'
    value: Uint8Array
  }

  export interface EpochRowInitFieldEvent {
    field: '$.init'
    value: Uint8Array
  }

  export interface EpochRowControlFieldEvent {
    field: '$.control'
    value: Uint8Array
  }

  export interface EpochRowSecretsFieldEvent {
    field: '$.secrets'
    value: Uint8Array
  }

  export interface EpochRowTreeFieldEvent {
    field: '$.tree'
    value: Uint8Array
  }

  export interface EpochRowEndedAtFieldEvent {
    field: '$.endedAt'
    value: number
  }

  export interface EpochRowReasonFieldEvent {
    field: '$.reason'
    value: string
  }

  export interface EpochRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface EpochRowEntriesGroupFieldEvent {
    field: '$.entries[].group'
    value: Uint8Array
    index: number
  }

  export interface EpochRowEntriesInitFieldEvent {
    field: '$.entries[].init'
    value: Uint8Array
    index: number
  }

  export interface EpochRowEntriesLeafKeyFieldEvent {
    field: '$.entries[].leafKey'
    value: Uint8Array
    index: number
  }

  export interface EpochRowRosterFieldEvent {
    field: '$.roster'
    value: Uint8Array
  }

  export interface EpochRowIsGrantedFieldEvent {
    field: '$.isGranted'
    value: boolean
  }

  export function encode (obj: Partial<EpochRow>): Uint8Array {
    return encodeMessage(obj, EpochRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EpochRow>): EpochRow {
    return decodeMessage(buf, EpochRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EpochRow>): Generator<EpochRowTermFieldEvent | EpochRowSerialFieldEvent | EpochRowCommitmentFieldEvent | EpochRowAnnouncementFieldEvent | EpochRowTranscriptFieldEvent | EpochRowNotAfterFieldEvent | EpochRowIssuerFieldEvent | EpochRowInitFieldEvent | EpochRowControlFieldEvent | EpochRowSecretsFieldEvent | EpochRowTreeFieldEvent | EpochRowEndedAtFieldEvent | EpochRowReasonFieldEvent | EpochRowGroupFieldEvent | EpochRowEntriesGroupFieldEvent | EpochRowEntriesInitFieldEvent | EpochRowEntriesLeafKeyFieldEvent | EpochRowRosterFieldEvent | EpochRowIsGrantedFieldEvent> {
    return streamMessage(buf, EpochRow.codec(), opts)
  }
}

export interface EntryRow {
  group: Uint8Array
  init: Uint8Array
  leafKey: Uint8Array
}

export namespace EntryRow {
  let _codec: Codec<EntryRow>

  export const codec = (): Codec<EntryRow> => {
    if (_codec == null) {
      _codec = message<EntryRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if ((obj.init != null && obj.init.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.init)
        }

        if ((obj.leafKey != null && obj.leafKey.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.leafKey)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          init: uint8ArrayAlloc(0),
          leafKey: uint8ArrayAlloc(0)
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
              obj.init = reader.bytes()
              break
            }
            case 3: {
              obj.leafKey = reader.bytes()
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
                field: `${prefix}.init`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.leafKey`,
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

  export interface EntryRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface EntryRowInitFieldEvent {
    field: '$.init'
    value: Uint8Array
  }

  export interface EntryRowLeafKeyFieldEvent {
    field: '$.leafKey'
    value: Uint8Array
  }

  export function encode (obj: Partial<EntryRow>): Uint8Array {
    return encodeMessage(obj, EntryRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntryRow>): EntryRow {
    return decodeMessage(buf, EntryRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EntryRow>): Generator<EntryRowGroupFieldEvent | EntryRowInitFieldEvent | EntryRowLeafKeyFieldEvent> {
    return streamMessage(buf, EntryRow.codec(), opts)
  }
}

export interface ArchiveRow {
  term: number
  serial: number
  commitment: Uint8Array
  announcement: Uint8Array
  reading: Uint8Array
  beganAt: number
  admits: Uint8Array[]
}

export namespace ArchiveRow {
  let _codec: Codec<ArchiveRow>

  export const codec = (): Codec<ArchiveRow> => {
    if (_codec == null) {
      _codec = message<ArchiveRow>((obj, w, opts = {}) => {
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

        if ((obj.announcement != null && obj.announcement.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.announcement)
        }

        if ((obj.reading != null && obj.reading.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.reading)
        }

        if ((obj.beganAt != null && obj.beganAt !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.beganAt)
        }

        if (obj.admits != null && obj.admits.length > 0) {
          for (const value of obj.admits) {
            w.uint32(58)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          term: 0,
          serial: 0,
          commitment: uint8ArrayAlloc(0),
          announcement: uint8ArrayAlloc(0),
          reading: uint8ArrayAlloc(0),
          beganAt: 0,
          admits: []
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
            case 4: {
              obj.announcement = reader.bytes()
              break
            }
            case 5: {
              obj.reading = reader.bytes()
              break
            }
            case 6: {
              obj.beganAt = reader.uint64Number()
              break
            }
            case 7: {
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
          admits: 0
        }

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
            case 4: {
              yield {
                field: `${prefix}.announcement`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.reading`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.beganAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
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

  export interface ArchiveRowTermFieldEvent {
    field: '$.term'
    value: number
  }

  export interface ArchiveRowSerialFieldEvent {
    field: '$.serial'
    value: number
  }

  export interface ArchiveRowCommitmentFieldEvent {
    field: '$.commitment'
    value: Uint8Array
  }

  export interface ArchiveRowAnnouncementFieldEvent {
    field: '$.announcement'
    value: Uint8Array
  }

  export interface ArchiveRowReadingFieldEvent {
    field: '$.reading'
    value: Uint8Array
  }

  export interface ArchiveRowBeganAtFieldEvent {
    field: '$.beganAt'
    value: number
  }

  export interface ArchiveRowAdmitsFieldEvent {
    field: '$.admits[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<ArchiveRow>): Uint8Array {
    return encodeMessage(obj, ArchiveRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ArchiveRow>): ArchiveRow {
    return decodeMessage(buf, ArchiveRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ArchiveRow>): Generator<ArchiveRowTermFieldEvent | ArchiveRowSerialFieldEvent | ArchiveRowCommitmentFieldEvent | ArchiveRowAnnouncementFieldEvent | ArchiveRowReadingFieldEvent | ArchiveRowBeganAtFieldEvent | ArchiveRowAdmitsFieldEvent> {
    return streamMessage(buf, ArchiveRow.codec(), opts)
  }
}

export interface ChainRow {
  epoch: Uint8Array
  sender: Uint8Array
  boot: Uint8Array
  chain: Uint8Array
}

export namespace ChainRow {
  let _codec: Codec<ChainRow>

  export const codec = (): Codec<ChainRow> => {
    if (_codec == null) {
      _codec = message<ChainRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.epoch != null && obj.epoch.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.epoch)
        }

        if ((obj.sender != null && obj.sender.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sender)
        }

        if ((obj.boot != null && obj.boot.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.boot)
        }

        if ((obj.chain != null && obj.chain.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.chain)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          epoch: uint8ArrayAlloc(0),
          sender: uint8ArrayAlloc(0),
          boot: uint8ArrayAlloc(0),
          chain: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.epoch = reader.bytes()
              break
            }
            case 2: {
              obj.sender = reader.bytes()
              break
            }
            case 3: {
              obj.boot = reader.bytes()
              break
            }
            case 4: {
              obj.chain = reader.bytes()
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
                field: `${prefix}.epoch`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sender`,
                value: reader.bytes()
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
                field: `${prefix}.chain`,
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

  export interface ChainRowEpochFieldEvent {
    field: '$.epoch'
    value: Uint8Array
  }

  export interface ChainRowSenderFieldEvent {
    field: '$.sender'
    value: Uint8Array
  }

  export interface ChainRowBootFieldEvent {
    field: '$.boot'
    value: Uint8Array
  }

  export interface ChainRowChainFieldEvent {
    field: '$.chain'
    value: Uint8Array
  }

  export function encode (obj: Partial<ChainRow>): Uint8Array {
    return encodeMessage(obj, ChainRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChainRow>): ChainRow {
    return decodeMessage(buf, ChainRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChainRow>): Generator<ChainRowEpochFieldEvent | ChainRowSenderFieldEvent | ChainRowBootFieldEvent | ChainRowChainFieldEvent> {
    return streamMessage(buf, ChainRow.codec(), opts)
  }
}

export interface SenderRow {
  sender: Uint8Array
  group: Uint8Array
  known: KnownRow[]
  missing: MissingRow[]
  newest: number
  read: number
  replaced: Uint8Array[]
}

export namespace SenderRow {
  let _codec: Codec<SenderRow>

  export const codec = (): Codec<SenderRow> => {
    if (_codec == null) {
      _codec = message<SenderRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.sender != null && obj.sender.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.sender)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.group)
        }

        if (obj.known != null && obj.known.length > 0) {
          for (const value of obj.known) {
            w.uint32(42)
            KnownRow.codec().encode(value, w)
          }
        }

        if (obj.missing != null && obj.missing.length > 0) {
          for (const value of obj.missing) {
            w.uint32(50)
            MissingRow.codec().encode(value, w)
          }
        }

        if ((obj.newest != null && obj.newest !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.newest)
        }

        if ((obj.read != null && obj.read !== 0)) {
          w.uint32(64)
          w.uint64Number(obj.read)
        }

        if (obj.replaced != null && obj.replaced.length > 0) {
          for (const value of obj.replaced) {
            w.uint32(74)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          sender: uint8ArrayAlloc(0),
          group: uint8ArrayAlloc(0),
          known: [],
          missing: [],
          newest: 0,
          read: 0,
          replaced: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.sender = reader.bytes()
              break
            }
            case 4: {
              obj.group = reader.bytes()
              break
            }
            case 5: {
              if (opts.limits?.known != null && obj.known.length === opts.limits.known) {
                throw new MaxLengthError('Decode error - repeated field "known" had too many elements')
              }

              obj.known.push(KnownRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.known$
              }))
              break
            }
            case 6: {
              if (opts.limits?.missing != null && obj.missing.length === opts.limits.missing) {
                throw new MaxLengthError('Decode error - repeated field "missing" had too many elements')
              }

              obj.missing.push(MissingRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.missing$
              }))
              break
            }
            case 7: {
              obj.newest = reader.uint64Number()
              break
            }
            case 8: {
              obj.read = reader.uint64Number()
              break
            }
            case 9: {
              if (opts.limits?.replaced != null && obj.replaced.length === opts.limits.replaced) {
                throw new MaxLengthError('Decode error - repeated field "replaced" had too many elements')
              }

              obj.replaced.push(reader.bytes())
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
          known: 0,
          missing: 0,
          replaced: 0
        }

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
            case 4: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              if (opts.limits?.known != null && obj.known === opts.limits.known) {
                throw new MaxLengthError('Streaming decode error - repeated field "known" had too many elements')
              }

              for (const evt of KnownRow.codec().stream(reader, reader.uint32(), `${prefix}.known[]`, {
                limits: opts.limits?.known$
              })) {
                yield {
                  ...evt,
                  index: obj.known
                }
              }

              obj.known++

              break
            }
            case 6: {
              if (opts.limits?.missing != null && obj.missing === opts.limits.missing) {
                throw new MaxLengthError('Streaming decode error - repeated field "missing" had too many elements')
              }

              for (const evt of MissingRow.codec().stream(reader, reader.uint32(), `${prefix}.missing[]`, {
                limits: opts.limits?.missing$
              })) {
                yield {
                  ...evt,
                  index: obj.missing
                }
              }

              obj.missing++

              break
            }
            case 7: {
              yield {
                field: `${prefix}.newest`,
                value: reader.uint64Number()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.read`,
                value: reader.uint64Number()
              }
              break
            }
            case 9: {
              if (opts.limits?.replaced != null && obj.replaced === opts.limits.replaced) {
                throw new MaxLengthError('Streaming decode error - repeated field "replaced" had too many elements')
              }

              yield {
                field: `${prefix}.replaced[]`,
                index: obj.replaced,
                value: reader.bytes()
              }

              obj.replaced++

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

  export interface SenderRowSenderFieldEvent {
    field: '$.sender'
    value: Uint8Array
  }

  export interface SenderRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface SenderRowKnownIdFieldEvent {
    field: '$.known[].id'
    value: Uint8Array
    index: number
  }

  export interface SenderRowKnownLamportFieldEvent {
    field: '$.known[].lamport'
    value: number
    index: number
  }

  export interface SenderRowMissingMissingFieldEvent {
    field: '$.missing[].missing'
    value: Uint8Array
    index: number
  }

  export interface SenderRowMissingAfterFieldEvent {
    field: '$.missing[].after'
    value: number
    index: number
  }

  export interface SenderRowMissingBeforeFieldEvent {
    field: '$.missing[].before'
    value: number
    index: number
  }

  export interface SenderRowMissingIsDoubtfulFieldEvent {
    field: '$.missing[].isDoubtful'
    value: boolean
    index: number
  }

  export interface SenderRowMissingIsOutOfReachFieldEvent {
    field: '$.missing[].isOutOfReach'
    value: boolean
    index: number
  }

  export interface SenderRowNewestFieldEvent {
    field: '$.newest'
    value: number
  }

  export interface SenderRowReadFieldEvent {
    field: '$.read'
    value: number
  }

  export interface SenderRowReplacedFieldEvent {
    field: '$.replaced[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<SenderRow>): Uint8Array {
    return encodeMessage(obj, SenderRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SenderRow>): SenderRow {
    return decodeMessage(buf, SenderRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SenderRow>): Generator<SenderRowSenderFieldEvent | SenderRowGroupFieldEvent | SenderRowKnownIdFieldEvent | SenderRowKnownLamportFieldEvent | SenderRowMissingMissingFieldEvent | SenderRowMissingAfterFieldEvent | SenderRowMissingBeforeFieldEvent | SenderRowMissingIsDoubtfulFieldEvent | SenderRowMissingIsOutOfReachFieldEvent | SenderRowNewestFieldEvent | SenderRowReadFieldEvent | SenderRowReplacedFieldEvent> {
    return streamMessage(buf, SenderRow.codec(), opts)
  }
}

export interface KnownRow {
  id: Uint8Array
  lamport: number
}

export namespace KnownRow {
  let _codec: Codec<KnownRow>

  export const codec = (): Codec<KnownRow> => {
    if (_codec == null) {
      _codec = message<KnownRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.id)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.lamport)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: uint8ArrayAlloc(0),
          lamport: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.bytes()
              break
            }
            case 2: {
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
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
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

  export interface KnownRowIdFieldEvent {
    field: '$.id'
    value: Uint8Array
  }

  export interface KnownRowLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export function encode (obj: Partial<KnownRow>): Uint8Array {
    return encodeMessage(obj, KnownRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KnownRow>): KnownRow {
    return decodeMessage(buf, KnownRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<KnownRow>): Generator<KnownRowIdFieldEvent | KnownRowLamportFieldEvent> {
    return streamMessage(buf, KnownRow.codec(), opts)
  }
}

export interface MissingRow {
  missing: Uint8Array
  after: number
  before: number
  isDoubtful: boolean
  isOutOfReach: boolean
}

export namespace MissingRow {
  let _codec: Codec<MissingRow>

  export const codec = (): Codec<MissingRow> => {
    if (_codec == null) {
      _codec = message<MissingRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.missing != null && obj.missing.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.missing)
        }

        if ((obj.after != null && obj.after !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.after)
        }

        if ((obj.before != null && obj.before !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.before)
        }

        if ((obj.isDoubtful != null && obj.isDoubtful !== false)) {
          w.uint32(32)
          w.bool(obj.isDoubtful)
        }

        if ((obj.isOutOfReach != null && obj.isOutOfReach !== false)) {
          w.uint32(40)
          w.bool(obj.isOutOfReach)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          missing: uint8ArrayAlloc(0),
          after: 0,
          before: 0,
          isDoubtful: false,
          isOutOfReach: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.missing = reader.bytes()
              break
            }
            case 2: {
              obj.after = reader.uint64Number()
              break
            }
            case 3: {
              obj.before = reader.uint64Number()
              break
            }
            case 4: {
              obj.isDoubtful = reader.bool()
              break
            }
            case 5: {
              obj.isOutOfReach = reader.bool()
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
                field: `${prefix}.missing`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.after`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.before`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.isDoubtful`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.isOutOfReach`,
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

  export interface MissingRowMissingFieldEvent {
    field: '$.missing'
    value: Uint8Array
  }

  export interface MissingRowAfterFieldEvent {
    field: '$.after'
    value: number
  }

  export interface MissingRowBeforeFieldEvent {
    field: '$.before'
    value: number
  }

  export interface MissingRowIsDoubtfulFieldEvent {
    field: '$.isDoubtful'
    value: boolean
  }

  export interface MissingRowIsOutOfReachFieldEvent {
    field: '$.isOutOfReach'
    value: boolean
  }

  export function encode (obj: Partial<MissingRow>): Uint8Array {
    return encodeMessage(obj, MissingRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MissingRow>): MissingRow {
    return decodeMessage(buf, MissingRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MissingRow>): Generator<MissingRowMissingFieldEvent | MissingRowAfterFieldEvent | MissingRowBeforeFieldEvent | MissingRowIsDoubtfulFieldEvent | MissingRowIsOutOfReachFieldEvent> {
    return streamMessage(buf, MissingRow.codec(), opts)
  }
}

export interface BacklogRow {
  spans: SpanRow[]
}

export namespace BacklogRow {
  let _codec: Codec<BacklogRow>

  export const codec = (): Codec<BacklogRow> => {
    if (_codec == null) {
      _codec = message<BacklogRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.spans != null && obj.spans.length > 0) {
          for (const value of obj.spans) {
            w.uint32(10)
            SpanRow.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          spans: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.spans != null && obj.spans.length === opts.limits.spans) {
                throw new MaxLengthError('Decode error - repeated field "spans" had too many elements')
              }

              obj.spans.push(SpanRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.spans$
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
          spans: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.spans != null && obj.spans === opts.limits.spans) {
                throw new MaxLengthError('Streaming decode error - repeated field "spans" had too many elements')
              }

              for (const evt of SpanRow.codec().stream(reader, reader.uint32(), `${prefix}.spans[]`, {
                limits: opts.limits?.spans$
              })) {
                yield {
                  ...evt,
                  index: obj.spans
                }
              }

              obj.spans++

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

  export interface BacklogRowSpansFromFieldEvent {
    field: '$.spans[].from'
    value: number
    index: number
  }

  export interface BacklogRowSpansToFieldEvent {
    field: '$.spans[].to'
    value: number
    index: number
  }

  export function encode (obj: Partial<BacklogRow>): Uint8Array {
    return encodeMessage(obj, BacklogRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BacklogRow>): BacklogRow {
    return decodeMessage(buf, BacklogRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<BacklogRow>): Generator<BacklogRowSpansFromFieldEvent | BacklogRowSpansToFieldEvent> {
    return streamMessage(buf, BacklogRow.codec(), opts)
  }
}

export interface SpanRow {
  from: number
  to: number
}

export namespace SpanRow {
  let _codec: Codec<SpanRow>

  export const codec = (): Codec<SpanRow> => {
    if (_codec == null) {
      _codec = message<SpanRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.from)
        }

        if ((obj.to != null && obj.to !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.to)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          from: 0,
          to: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = reader.uint64Number()
              break
            }
            case 2: {
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
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
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

  export interface SpanRowFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface SpanRowToFieldEvent {
    field: '$.to'
    value: number
  }

  export function encode (obj: Partial<SpanRow>): Uint8Array {
    return encodeMessage(obj, SpanRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SpanRow>): SpanRow {
    return decodeMessage(buf, SpanRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SpanRow>): Generator<SpanRowFromFieldEvent | SpanRowToFieldEvent> {
    return streamMessage(buf, SpanRow.codec(), opts)
  }
}

export interface AbsenceRow {
  spans: AbsenceSpanRow[]
}

export namespace AbsenceRow {
  let _codec: Codec<AbsenceRow>

  export const codec = (): Codec<AbsenceRow> => {
    if (_codec == null) {
      _codec = message<AbsenceRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.spans != null && obj.spans.length > 0) {
          for (const value of obj.spans) {
            w.uint32(10)
            AbsenceSpanRow.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          spans: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.spans != null && obj.spans.length === opts.limits.spans) {
                throw new MaxLengthError('Decode error - repeated field "spans" had too many elements')
              }

              obj.spans.push(AbsenceSpanRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.spans$
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
          spans: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.spans != null && obj.spans === opts.limits.spans) {
                throw new MaxLengthError('Streaming decode error - repeated field "spans" had too many elements')
              }

              for (const evt of AbsenceSpanRow.codec().stream(reader, reader.uint32(), `${prefix}.spans[]`, {
                limits: opts.limits?.spans$
              })) {
                yield {
                  ...evt,
                  index: obj.spans
                }
              }

              obj.spans++

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

  export interface AbsenceRowSpansFromFieldEvent {
    field: '$.spans[].from'
    value: number
    index: number
  }

  export interface AbsenceRowSpansUntilFieldEvent {
    field: '$.spans[].until'
    value: number
    index: number
  }

  export function encode (obj: Partial<AbsenceRow>): Uint8Array {
    return encodeMessage(obj, AbsenceRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AbsenceRow>): AbsenceRow {
    return decodeMessage(buf, AbsenceRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AbsenceRow>): Generator<AbsenceRowSpansFromFieldEvent | AbsenceRowSpansUntilFieldEvent> {
    return streamMessage(buf, AbsenceRow.codec(), opts)
  }
}

export interface AbsenceSpanRow {
  from: number
  until: number
}

export namespace AbsenceSpanRow {
  let _codec: Codec<AbsenceSpanRow>

  export const codec = (): Codec<AbsenceSpanRow> => {
    if (_codec == null) {
      _codec = message<AbsenceSpanRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.from != null && obj.from !== 0)) {
          w.uint32(8)
          w.uint64Number(obj.from)
        }

        if ((obj.until != null && obj.until !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.until)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          from: 0,
          until: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.from = reader.uint64Number()
              break
            }
            case 2: {
              obj.until = reader.uint64Number()
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
                field: `${prefix}.from`,
                value: reader.uint64Number()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.until`,
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

  export interface AbsenceSpanRowFromFieldEvent {
    field: '$.from'
    value: number
  }

  export interface AbsenceSpanRowUntilFieldEvent {
    field: '$.until'
    value: number
  }

  export function encode (obj: Partial<AbsenceSpanRow>): Uint8Array {
    return encodeMessage(obj, AbsenceSpanRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AbsenceSpanRow>): AbsenceSpanRow {
    return decodeMessage(buf, AbsenceSpanRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AbsenceSpanRow>): Generator<AbsenceSpanRowFromFieldEvent | AbsenceSpanRowUntilFieldEvent> {
    return streamMessage(buf, AbsenceSpanRow.codec(), opts)
  }
}

export interface CarriedRow {
  author: Uint8Array
  lamport: number
  keptAt: number
  id: Uint8Array
  frame: Uint8Array
}

export namespace CarriedRow {
  let _codec: Codec<CarriedRow>

  export const codec = (): Codec<CarriedRow> => {
    if (_codec == null) {
      _codec = message<CarriedRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.author != null && obj.author.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.author)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.lamport)
        }

        if ((obj.keptAt != null && obj.keptAt !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.keptAt)
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.id)
        }

        if ((obj.frame != null && obj.frame.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.frame)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          author: uint8ArrayAlloc(0),
          lamport: 0,
          keptAt: 0,
          id: uint8ArrayAlloc(0),
          frame: uint8ArrayAlloc(0)
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
              obj.lamport = reader.uint64Number()
              break
            }
            case 3: {
              obj.keptAt = reader.uint64Number()
              break
            }
            case 4: {
              obj.id = reader.bytes()
              break
            }
            case 5: {
              obj.frame = reader.bytes()
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
                field: `${prefix}.lamport`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.keptAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.frame`,
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

  export interface CarriedRowAuthorFieldEvent {
    field: '$.author'
    value: Uint8Array
  }

  export interface CarriedRowLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface CarriedRowKeptAtFieldEvent {
    field: '$.keptAt'
    value: number
  }

  export interface CarriedRowIdFieldEvent {
    field: '$.id'
    value: Uint8Array
  }

  export interface CarriedRowFrameFieldEvent {
    field: '$.frame'
    value: Uint8Array
  }

  export function encode (obj: Partial<CarriedRow>): Uint8Array {
    return encodeMessage(obj, CarriedRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CarriedRow>): CarriedRow {
    return decodeMessage(buf, CarriedRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<CarriedRow>): Generator<CarriedRowAuthorFieldEvent | CarriedRowLamportFieldEvent | CarriedRowKeptAtFieldEvent | CarriedRowIdFieldEvent | CarriedRowFrameFieldEvent> {
    return streamMessage(buf, CarriedRow.codec(), opts)
  }
}

export interface ReceiptRow {
  user: Uint8Array
  group: Uint8Array
  lamport: number
  after: number
}

export namespace ReceiptRow {
  let _codec: Codec<ReceiptRow>

  export const codec = (): Codec<ReceiptRow> => {
    if (_codec == null) {
      _codec = message<ReceiptRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.group)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.lamport)
        }

        if ((obj.after != null && obj.after !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.after)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          group: uint8ArrayAlloc(0),
          lamport: 0,
          after: 0
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
              obj.group = reader.bytes()
              break
            }
            case 3: {
              obj.lamport = reader.uint64Number()
              break
            }
            case 4: {
              obj.after = reader.uint64Number()
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
            case 4: {
              yield {
                field: `${prefix}.after`,
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

  export interface ReceiptRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface ReceiptRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface ReceiptRowLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface ReceiptRowAfterFieldEvent {
    field: '$.after'
    value: number
  }

  export function encode (obj: Partial<ReceiptRow>): Uint8Array {
    return encodeMessage(obj, ReceiptRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReceiptRow>): ReceiptRow {
    return decodeMessage(buf, ReceiptRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReceiptRow>): Generator<ReceiptRowUserFieldEvent | ReceiptRowGroupFieldEvent | ReceiptRowLamportFieldEvent | ReceiptRowAfterFieldEvent> {
    return streamMessage(buf, ReceiptRow.codec(), opts)
  }
}

export interface OutboxRow {
  local: string
  content: Uint8Array
  isPlain: boolean
  frame: Uint8Array
  epoch: Uint8Array
  order: number
  lamport: number
  group: Uint8Array
  under: Uint8Array
  isSent: boolean
  first: Uint8Array
  since: number
}

export namespace OutboxRow {
  let _codec: Codec<OutboxRow>

  export const codec = (): Codec<OutboxRow> => {
    if (_codec == null) {
      _codec = message<OutboxRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.local != null && obj.local !== '')) {
          w.uint32(10)
          w.string(obj.local)
        }

        if ((obj.content != null && obj.content.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.content)
        }

        if ((obj.isPlain != null && obj.isPlain !== false)) {
          w.uint32(24)
          w.bool(obj.isPlain)
        }

        if ((obj.frame != null && obj.frame.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.frame)
        }

        if ((obj.epoch != null && obj.epoch.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.epoch)
        }

        if ((obj.order != null && obj.order !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.order)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.lamport)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(66)
          w.bytes(obj.group)
        }

        if ((obj.under != null && obj.under.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.under)
        }

        if ((obj.isSent != null && obj.isSent !== false)) {
          w.uint32(80)
          w.bool(obj.isSent)
        }

        if ((obj.first != null && obj.first.byteLength > 0)) {
          w.uint32(90)
          w.bytes(obj.first)
        }

        if ((obj.since != null && obj.since !== 0)) {
          w.uint32(96)
          w.uint64Number(obj.since)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          local: '',
          content: uint8ArrayAlloc(0),
          isPlain: false,
          frame: uint8ArrayAlloc(0),
          epoch: uint8ArrayAlloc(0),
          order: 0,
          lamport: 0,
          group: uint8ArrayAlloc(0),
          under: uint8ArrayAlloc(0),
          isSent: false,
          first: uint8ArrayAlloc(0),
          since: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.local = reader.string()
              break
            }
            case 2: {
              obj.content = reader.bytes()
              break
            }
            case 3: {
              obj.isPlain = reader.bool()
              break
            }
            case 4: {
              obj.frame = reader.bytes()
              break
            }
            case 5: {
              obj.epoch = reader.bytes()
              break
            }
            case 6: {
              obj.order = reader.uint64Number()
              break
            }
            case 7: {
              obj.lamport = reader.uint64Number()
              break
            }
            case 8: {
              obj.group = reader.bytes()
              break
            }
            case 9: {
              obj.under = reader.bytes()
              break
            }
            case 10: {
              obj.isSent = reader.bool()
              break
            }
            case 11: {
              obj.first = reader.bytes()
              break
            }
            case 12: {
              obj.since = reader.uint64Number()
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
                field: `${prefix}.local`,
                value: reader.string()
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
                field: `${prefix}.isPlain`,
                value: reader.bool()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.frame`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.epoch`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.order`,
                value: reader.uint64Number()
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
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.under`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.isSent`,
                value: reader.bool()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.first`,
                value: reader.bytes()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.since`,
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

  export interface OutboxRowLocalFieldEvent {
    field: '$.local'
    value: string
  }

  export interface OutboxRowContentFieldEvent {
    field: '$.content'
    value: Uint8Array
  }

  export interface OutboxRowIsPlainFieldEvent {
    field: '$.isPlain'
    value: boolean
  }

  export interface OutboxRowFrameFieldEvent {
    field: '$.frame'
    value: Uint8Array
  }

  export interface OutboxRowEpochFieldEvent {
    field: '$.epoch'
    value: Uint8Array
  }

  export interface OutboxRowOrderFieldEvent {
    field: '$.order'
    value: number
  }

  export interface OutboxRowLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface OutboxRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface OutboxRowUnderFieldEvent {
    field: '$.under'
    value: Uint8Array
  }

  export interface OutboxRowIsSentFieldEvent {
    field: '$.isSent'
    value: boolean
  }

  export interface OutboxRowFirstFieldEvent {
    field: '$.first'
    value: Uint8Array
  }

  export interface OutboxRowSinceFieldEvent {
    field: '$.since'
    value: number
  }

  export function encode (obj: Partial<OutboxRow>): Uint8Array {
    return encodeMessage(obj, OutboxRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OutboxRow>): OutboxRow {
    return decodeMessage(buf, OutboxRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OutboxRow>): Generator<OutboxRowLocalFieldEvent | OutboxRowContentFieldEvent | OutboxRowIsPlainFieldEvent | OutboxRowFrameFieldEvent | OutboxRowEpochFieldEvent | OutboxRowOrderFieldEvent | OutboxRowLamportFieldEvent | OutboxRowGroupFieldEvent | OutboxRowUnderFieldEvent | OutboxRowIsSentFieldEvent | OutboxRowFirstFieldEvent | OutboxRowSinceFieldEvent> {
    return streamMessage(buf, OutboxRow.codec(), opts)
  }
}

export interface MessageRow {
  id: Uint8Array
  sender: Uint8Array
  lamport: number
  counter: number
  content: Uint8Array
  isEncrypted: boolean
  isOwn: boolean
  isSent: boolean
  seenAt: number
  frame: Uint8Array
  nick: string
  group: Uint8Array
  isErased: boolean
}

export namespace MessageRow {
  let _codec: Codec<MessageRow>

  export const codec = (): Codec<MessageRow> => {
    if (_codec == null) {
      _codec = message<MessageRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.id)
        }

        if ((obj.sender != null && obj.sender.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sender)
        }

        if ((obj.lamport != null && obj.lamport !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.lamport)
        }

        if ((obj.counter != null && obj.counter !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.counter)
        }

        if ((obj.content != null && obj.content.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.content)
        }

        if ((obj.isEncrypted != null && obj.isEncrypted !== false)) {
          w.uint32(48)
          w.bool(obj.isEncrypted)
        }

        if ((obj.isOwn != null && obj.isOwn !== false)) {
          w.uint32(56)
          w.bool(obj.isOwn)
        }

        if ((obj.isSent != null && obj.isSent !== false)) {
          w.uint32(64)
          w.bool(obj.isSent)
        }

        if ((obj.seenAt != null && obj.seenAt !== 0)) {
          w.uint32(72)
          w.uint64Number(obj.seenAt)
        }

        if ((obj.frame != null && obj.frame.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.frame)
        }

        if ((obj.nick != null && obj.nick !== '')) {
          w.uint32(90)
          w.string(obj.nick)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(98)
          w.bytes(obj.group)
        }

        if ((obj.isErased != null && obj.isErased !== false)) {
          w.uint32(104)
          w.bool(obj.isErased)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          id: uint8ArrayAlloc(0),
          sender: uint8ArrayAlloc(0),
          lamport: 0,
          counter: 0,
          content: uint8ArrayAlloc(0),
          isEncrypted: false,
          isOwn: false,
          isSent: false,
          seenAt: 0,
          frame: uint8ArrayAlloc(0),
          nick: '',
          group: uint8ArrayAlloc(0),
          isErased: false
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.id = reader.bytes()
              break
            }
            case 2: {
              obj.sender = reader.bytes()
              break
            }
            case 3: {
              obj.lamport = reader.uint64Number()
              break
            }
            case 4: {
              obj.counter = reader.uint64Number()
              break
            }
            case 5: {
              obj.content = reader.bytes()
              break
            }
            case 6: {
              obj.isEncrypted = reader.bool()
              break
            }
            case 7: {
              obj.isOwn = reader.bool()
              break
            }
            case 8: {
              obj.isSent = reader.bool()
              break
            }
            case 9: {
              obj.seenAt = reader.uint64Number()
              break
            }
            case 10: {
              obj.frame = reader.bytes()
              break
            }
            case 11: {
              obj.nick = reader.string()
              break
            }
            case 12: {
              obj.group = reader.bytes()
              break
            }
            case 13: {
              obj.isErased = reader.bool()
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
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.sender`,
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
                field: `${prefix}.counter`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.content`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.isEncrypted`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.isOwn`,
                value: reader.bool()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.isSent`,
                value: reader.bool()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.seenAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.frame`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.nick`,
                value: reader.string()
              }
              break
            }
            case 12: {
              yield {
                field: `${prefix}.group`,
                value: reader.bytes()
              }
              break
            }
            case 13: {
              yield {
                field: `${prefix}.isErased`,
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

  export interface MessageRowIdFieldEvent {
    field: '$.id'
    value: Uint8Array
  }

  export interface MessageRowSenderFieldEvent {
    field: '$.sender'
    value: Uint8Array
  }

  export interface MessageRowLamportFieldEvent {
    field: '$.lamport'
    value: number
  }

  export interface MessageRowCounterFieldEvent {
    field: '$.counter'
    value: number
  }

  export interface MessageRowContentFieldEvent {
    field: '$.content'
    value: Uint8Array
  }

  export interface MessageRowIsEncryptedFieldEvent {
    field: '$.isEncrypted'
    value: boolean
  }

  export interface MessageRowIsOwnFieldEvent {
    field: '$.isOwn'
    value: boolean
  }

  export interface MessageRowIsSentFieldEvent {
    field: '$.isSent'
    value: boolean
  }

  export interface MessageRowSeenAtFieldEvent {
    field: '$.seenAt'
    value: number
  }

  export interface MessageRowFrameFieldEvent {
    field: '$.frame'
    value: Uint8Array
  }

  export interface MessageRowNickFieldEvent {
    field: '$.nick'
    value: string
  }

  export interface MessageRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface MessageRowIsErasedFieldEvent {
    field: '$.isErased'
    value: boolean
  }

  export function encode (obj: Partial<MessageRow>): Uint8Array {
    return encodeMessage(obj, MessageRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MessageRow>): MessageRow {
    return decodeMessage(buf, MessageRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<MessageRow>): Generator<MessageRowIdFieldEvent | MessageRowSenderFieldEvent | MessageRowLamportFieldEvent | MessageRowCounterFieldEvent | MessageRowContentFieldEvent | MessageRowIsEncryptedFieldEvent | MessageRowIsOwnFieldEvent | MessageRowIsSentFieldEvent | MessageRowSeenAtFieldEvent | MessageRowFrameFieldEvent | MessageRowNickFieldEvent | MessageRowGroupFieldEvent | MessageRowIsErasedFieldEvent> {
    return streamMessage(buf, MessageRow.codec(), opts)
  }
}

export interface ErasureRow {
  channel: Uint8Array
  sender: Uint8Array
  target: Uint8Array
  keepsFrame: boolean
  group: Uint8Array
}

export namespace ErasureRow {
  let _codec: Codec<ErasureRow>

  export const codec = (): Codec<ErasureRow> => {
    if (_codec == null) {
      _codec = message<ErasureRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if ((obj.sender != null && obj.sender.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.sender)
        }

        if ((obj.target != null && obj.target.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.target)
        }

        if ((obj.keepsFrame != null && obj.keepsFrame !== false)) {
          w.uint32(32)
          w.bool(obj.keepsFrame)
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.group)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          sender: uint8ArrayAlloc(0),
          target: uint8ArrayAlloc(0),
          keepsFrame: false,
          group: uint8ArrayAlloc(0)
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
              obj.sender = reader.bytes()
              break
            }
            case 3: {
              obj.target = reader.bytes()
              break
            }
            case 4: {
              obj.keepsFrame = reader.bool()
              break
            }
            case 5: {
              obj.group = reader.bytes()
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
                field: `${prefix}.sender`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.target`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.keepsFrame`,
                value: reader.bool()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.group`,
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

  export interface ErasureRowChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface ErasureRowSenderFieldEvent {
    field: '$.sender'
    value: Uint8Array
  }

  export interface ErasureRowTargetFieldEvent {
    field: '$.target'
    value: Uint8Array
  }

  export interface ErasureRowKeepsFrameFieldEvent {
    field: '$.keepsFrame'
    value: boolean
  }

  export interface ErasureRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export function encode (obj: Partial<ErasureRow>): Uint8Array {
    return encodeMessage(obj, ErasureRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ErasureRow>): ErasureRow {
    return decodeMessage(buf, ErasureRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ErasureRow>): Generator<ErasureRowChannelFieldEvent | ErasureRowSenderFieldEvent | ErasureRowTargetFieldEvent | ErasureRowKeepsFrameFieldEvent | ErasureRowGroupFieldEvent> {
    return streamMessage(buf, ErasureRow.codec(), opts)
  }
}

export interface UserRow {
  user: Uint8Array
  seq: number
  hash: Uint8Array
  record: Uint8Array
}

export namespace UserRow {
  let _codec: Codec<UserRow>

  export const codec = (): Codec<UserRow> => {
    if (_codec == null) {
      _codec = message<UserRow>((obj, w, opts = {}) => {
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

        if ((obj.hash != null && obj.hash.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.hash)
        }

        if ((obj.record != null && obj.record.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.record)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          seq: 0,
          hash: uint8ArrayAlloc(0),
          record: uint8ArrayAlloc(0)
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
              obj.hash = reader.bytes()
              break
            }
            case 4: {
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
                field: `${prefix}.hash`,
                value: reader.bytes()
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

  export interface UserRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface UserRowSeqFieldEvent {
    field: '$.seq'
    value: number
  }

  export interface UserRowHashFieldEvent {
    field: '$.hash'
    value: Uint8Array
  }

  export interface UserRowRecordFieldEvent {
    field: '$.record'
    value: Uint8Array
  }

  export function encode (obj: Partial<UserRow>): Uint8Array {
    return encodeMessage(obj, UserRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UserRow>): UserRow {
    return decodeMessage(buf, UserRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<UserRow>): Generator<UserRowUserFieldEvent | UserRowSeqFieldEvent | UserRowHashFieldEvent | UserRowRecordFieldEvent> {
    return streamMessage(buf, UserRow.codec(), opts)
  }
}

export interface ExportedRows {
  rows: ExportedRow[]
}

export namespace ExportedRows {
  let _codec: Codec<ExportedRows>

  export const codec = (): Codec<ExportedRows> => {
    if (_codec == null) {
      _codec = message<ExportedRows>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.rows != null && obj.rows.length > 0) {
          for (const value of obj.rows) {
            w.uint32(10)
            ExportedRow.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          rows: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.rows != null && obj.rows.length === opts.limits.rows) {
                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements')
              }

              obj.rows.push(ExportedRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.rows$
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
          rows: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.rows != null && obj.rows === opts.limits.rows) {
                throw new MaxLengthError('Streaming decode error - repeated field "rows" had too many elements')
              }

              for (const evt of ExportedRow.codec().stream(reader, reader.uint32(), `${prefix}.rows[]`, {
                limits: opts.limits?.rows$
              })) {
                yield {
                  ...evt,
                  index: obj.rows
                }
              }

              obj.rows++

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

  export interface ExportedRowsRowsRoomFieldEvent {
    field: '$.rows[].room'
    value: string
    index: number
  }

  export interface ExportedRowsRowsEntryFieldEvent {
    field: '$.rows[].entry'
    value: string
    index: number
  }

  export interface ExportedRowsRowsOrderFieldEvent {
    field: '$.rows[].order'
    value: number
    index: number
  }

  export interface ExportedRowsRowsValueFieldEvent {
    field: '$.rows[].value'
    value: Uint8Array
    index: number
  }

  export interface ExportedRowsRowsCohortFieldEvent {
    field: '$.rows[].cohort'
    value: string
    index: number
  }

  export interface ExportedRowsRowsSinceFieldEvent {
    field: '$.rows[].since'
    value: number
    index: number
  }

  export function encode (obj: Partial<ExportedRows>): Uint8Array {
    return encodeMessage(obj, ExportedRows.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ExportedRows>): ExportedRows {
    return decodeMessage(buf, ExportedRows.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ExportedRows>): Generator<ExportedRowsRowsRoomFieldEvent | ExportedRowsRowsEntryFieldEvent | ExportedRowsRowsOrderFieldEvent | ExportedRowsRowsValueFieldEvent | ExportedRowsRowsCohortFieldEvent | ExportedRowsRowsSinceFieldEvent> {
    return streamMessage(buf, ExportedRows.codec(), opts)
  }
}

export interface ExportedRow {
  room: string
  entry: string
  order: number
  value: Uint8Array
  cohort: string
  since: number
}

export namespace ExportedRow {
  let _codec: Codec<ExportedRow>

  export const codec = (): Codec<ExportedRow> => {
    if (_codec == null) {
      _codec = message<ExportedRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.room != null && obj.room !== '')) {
          w.uint32(10)
          w.string(obj.room)
        }

        if ((obj.entry != null && obj.entry !== '')) {
          w.uint32(18)
          w.string(obj.entry)
        }

        if ((obj.order != null && obj.order !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.order)
        }

        if ((obj.value != null && obj.value.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.value)
        }

        if ((obj.cohort != null && obj.cohort !== '')) {
          w.uint32(42)
          w.string(obj.cohort)
        }

        if ((obj.since != null && obj.since !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.since)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          room: '',
          entry: '',
          order: 0,
          value: uint8ArrayAlloc(0),
          cohort: '',
          since: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.room = reader.string()
              break
            }
            case 2: {
              obj.entry = reader.string()
              break
            }
            case 3: {
              obj.order = reader.uint64Number()
              break
            }
            case 4: {
              obj.value = reader.bytes()
              break
            }
            case 5: {
              obj.cohort = reader.string()
              break
            }
            case 6: {
              obj.since = reader.uint64Number()
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
                field: `${prefix}.room`,
                value: reader.string()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.entry`,
                value: reader.string()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.order`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.value`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.cohort`,
                value: reader.string()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.since`,
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

  export interface ExportedRowRoomFieldEvent {
    field: '$.room'
    value: string
  }

  export interface ExportedRowEntryFieldEvent {
    field: '$.entry'
    value: string
  }

  export interface ExportedRowOrderFieldEvent {
    field: '$.order'
    value: number
  }

  export interface ExportedRowValueFieldEvent {
    field: '$.value'
    value: Uint8Array
  }

  export interface ExportedRowCohortFieldEvent {
    field: '$.cohort'
    value: string
  }

  export interface ExportedRowSinceFieldEvent {
    field: '$.since'
    value: number
  }

  export function encode (obj: Partial<ExportedRow>): Uint8Array {
    return encodeMessage(obj, ExportedRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ExportedRow>): ExportedRow {
    return decodeMessage(buf, ExportedRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ExportedRow>): Generator<ExportedRowRoomFieldEvent | ExportedRowEntryFieldEvent | ExportedRowOrderFieldEvent | ExportedRowValueFieldEvent | ExportedRowCohortFieldEvent | ExportedRowSinceFieldEvent> {
    return streamMessage(buf, ExportedRow.codec(), opts)
  }
}

export interface ArchivedFrameRow {
  group: Uint8Array
  keptAt: number
  frame: Uint8Array
}

export namespace ArchivedFrameRow {
  let _codec: Codec<ArchivedFrameRow>

  export const codec = (): Codec<ArchivedFrameRow> => {
    if (_codec == null) {
      _codec = message<ArchivedFrameRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.group != null && obj.group.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.group)
        }

        if ((obj.keptAt != null && obj.keptAt !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.keptAt)
        }

        if ((obj.frame != null && obj.frame.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.frame)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          group: uint8ArrayAlloc(0),
          keptAt: 0,
          frame: uint8ArrayAlloc(0)
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
              obj.keptAt = reader.uint64Number()
              break
            }
            case 3: {
              obj.frame = reader.bytes()
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
                field: `${prefix}.keptAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.frame`,
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

  export interface ArchivedFrameRowGroupFieldEvent {
    field: '$.group'
    value: Uint8Array
  }

  export interface ArchivedFrameRowKeptAtFieldEvent {
    field: '$.keptAt'
    value: number
  }

  export interface ArchivedFrameRowFrameFieldEvent {
    field: '$.frame'
    value: Uint8Array
  }

  export function encode (obj: Partial<ArchivedFrameRow>): Uint8Array {
    return encodeMessage(obj, ArchivedFrameRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ArchivedFrameRow>): ArchivedFrameRow {
    return decodeMessage(buf, ArchivedFrameRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ArchivedFrameRow>): Generator<ArchivedFrameRowGroupFieldEvent | ArchivedFrameRowKeptAtFieldEvent | ArchivedFrameRowFrameFieldEvent> {
    return streamMessage(buf, ArchivedFrameRow.codec(), opts)
  }
}

export interface ArchivedAuthorRow {
  channel: Uint8Array
  user: Uint8Array
  frames: number
  bytes: number
  newest: number
  heardAt: number
  oldestAt: number
  isSessions: boolean
}

export namespace ArchivedAuthorRow {
  let _codec: Codec<ArchivedAuthorRow>

  export const codec = (): Codec<ArchivedAuthorRow> => {
    if (_codec == null) {
      _codec = message<ArchivedAuthorRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.channel != null && obj.channel.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.channel)
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.user)
        }

        if ((obj.frames != null && obj.frames !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.frames)
        }

        if ((obj.bytes != null && obj.bytes !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.bytes)
        }

        if ((obj.newest != null && obj.newest !== 0)) {
          w.uint32(40)
          w.uint64Number(obj.newest)
        }

        if ((obj.heardAt != null && obj.heardAt !== 0)) {
          w.uint32(48)
          w.uint64Number(obj.heardAt)
        }

        if ((obj.oldestAt != null && obj.oldestAt !== 0)) {
          w.uint32(56)
          w.uint64Number(obj.oldestAt)
        }

        if ((obj.isSessions != null && obj.isSessions !== false)) {
          w.uint32(64)
          w.bool(obj.isSessions)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          channel: uint8ArrayAlloc(0),
          user: uint8ArrayAlloc(0),
          frames: 0,
          bytes: 0,
          newest: 0,
          heardAt: 0,
          oldestAt: 0,
          isSessions: false
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
              obj.user = reader.bytes()
              break
            }
            case 3: {
              obj.frames = reader.uint64Number()
              break
            }
            case 4: {
              obj.bytes = reader.uint64Number()
              break
            }
            case 5: {
              obj.newest = reader.uint64Number()
              break
            }
            case 6: {
              obj.heardAt = reader.uint64Number()
              break
            }
            case 7: {
              obj.oldestAt = reader.uint64Number()
              break
            }
            case 8: {
              obj.isSessions = reader.bool()
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
                field: `${prefix}.user`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.frames`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.bytes`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.newest`,
                value: reader.uint64Number()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.heardAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.oldestAt`,
                value: reader.uint64Number()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.isSessions`,
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

  export interface ArchivedAuthorRowChannelFieldEvent {
    field: '$.channel'
    value: Uint8Array
  }

  export interface ArchivedAuthorRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface ArchivedAuthorRowFramesFieldEvent {
    field: '$.frames'
    value: number
  }

  export interface ArchivedAuthorRowBytesFieldEvent {
    field: '$.bytes'
    value: number
  }

  export interface ArchivedAuthorRowNewestFieldEvent {
    field: '$.newest'
    value: number
  }

  export interface ArchivedAuthorRowHeardAtFieldEvent {
    field: '$.heardAt'
    value: number
  }

  export interface ArchivedAuthorRowOldestAtFieldEvent {
    field: '$.oldestAt'
    value: number
  }

  export interface ArchivedAuthorRowIsSessionsFieldEvent {
    field: '$.isSessions'
    value: boolean
  }

  export function encode (obj: Partial<ArchivedAuthorRow>): Uint8Array {
    return encodeMessage(obj, ArchivedAuthorRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ArchivedAuthorRow>): ArchivedAuthorRow {
    return decodeMessage(buf, ArchivedAuthorRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ArchivedAuthorRow>): Generator<ArchivedAuthorRowChannelFieldEvent | ArchivedAuthorRowUserFieldEvent | ArchivedAuthorRowFramesFieldEvent | ArchivedAuthorRowBytesFieldEvent | ArchivedAuthorRowNewestFieldEvent | ArchivedAuthorRowHeardAtFieldEvent | ArchivedAuthorRowOldestAtFieldEvent | ArchivedAuthorRowIsSessionsFieldEvent> {
    return streamMessage(buf, ArchivedAuthorRow.codec(), opts)
  }
}

export interface ConversationRow {
  user: Uint8Array
  count: number
  unseen: number[]
  seenUpTo: number
  unsent: number[]
}

export namespace ConversationRow {
  let _codec: Codec<ConversationRow>

  export const codec = (): Codec<ConversationRow> => {
    if (_codec == null) {
      _codec = message<ConversationRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.count != null && obj.count !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.count)
        }

        if (obj.unseen != null && obj.unseen.length > 0) {
          for (const value of obj.unseen) {
            w.uint32(24)
            w.uint64Number(value)
          }
        }

        if ((obj.seenUpTo != null && obj.seenUpTo !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.seenUpTo)
        }

        if (obj.unsent != null && obj.unsent.length > 0) {
          for (const value of obj.unsent) {
            w.uint32(40)
            w.uint64Number(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          count: 0,
          unseen: [],
          seenUpTo: 0,
          unsent: []
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
              obj.count = reader.uint64Number()
              break
            }
            case 3: {
              if (opts.limits?.unseen != null && obj.unseen.length === opts.limits.unseen) {
                throw new MaxLengthError('Decode error - repeated field "unseen" had too many elements')
              }

              obj.unseen.push(reader.uint64Number())
              break
            }
            case 4: {
              obj.seenUpTo = reader.uint64Number()
              break
            }
            case 5: {
              if (opts.limits?.unsent != null && obj.unsent.length === opts.limits.unsent) {
                throw new MaxLengthError('Decode error - repeated field "unsent" had too many elements')
              }

              obj.unsent.push(reader.uint64Number())
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
          unseen: 0,
          unsent: 0
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
                field: `${prefix}.count`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              if (opts.limits?.unseen != null && obj.unseen === opts.limits.unseen) {
                throw new MaxLengthError('Streaming decode error - repeated field "unseen" had too many elements')
              }

              yield {
                field: `${prefix}.unseen[]`,
                index: obj.unseen,
                value: reader.uint64Number()
              }

              obj.unseen++

              break
            }
            case 4: {
              yield {
                field: `${prefix}.seenUpTo`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              if (opts.limits?.unsent != null && obj.unsent === opts.limits.unsent) {
                throw new MaxLengthError('Streaming decode error - repeated field "unsent" had too many elements')
              }

              yield {
                field: `${prefix}.unsent[]`,
                index: obj.unsent,
                value: reader.uint64Number()
              }

              obj.unsent++

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

  export interface ConversationRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface ConversationRowCountFieldEvent {
    field: '$.count'
    value: number
  }

  export interface ConversationRowUnseenFieldEvent {
    field: '$.unseen[]'
    index: number
    value: number
  }

  export interface ConversationRowSeenUpToFieldEvent {
    field: '$.seenUpTo'
    value: number
  }

  export interface ConversationRowUnsentFieldEvent {
    field: '$.unsent[]'
    index: number
    value: number
  }

  export function encode (obj: Partial<ConversationRow>): Uint8Array {
    return encodeMessage(obj, ConversationRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConversationRow>): ConversationRow {
    return decodeMessage(buf, ConversationRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ConversationRow>): Generator<ConversationRowUserFieldEvent | ConversationRowCountFieldEvent | ConversationRowUnseenFieldEvent | ConversationRowSeenUpToFieldEvent | ConversationRowUnsentFieldEvent> {
    return streamMessage(buf, ConversationRow.codec(), opts)
  }
}

export enum ContactTrust {
  MET = 'MET',
  TRUSTED = 'TRUSTED',
  VERIFIED = 'VERIFIED'
}

enum __ContactTrustValues {
  MET = 0,
  TRUSTED = 1,
  VERIFIED = 2
}

export namespace ContactTrust {
  export const codec = (): Codec<ContactTrust> => {
    return enumeration<ContactTrust>(__ContactTrustValues)
  }
}

export interface ContactRow {
  user: Uint8Array
  nicks: string[]
  trust: ContactTrust
}

export namespace ContactRow {
  let _codec: Codec<ContactRow>

  export const codec = (): Codec<ContactRow> => {
    if (_codec == null) {
      _codec = message<ContactRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if (obj.nicks != null && obj.nicks.length > 0) {
          for (const value of obj.nicks) {
            w.uint32(18)
            w.string(value)
          }
        }

        if (obj.trust != null && __ContactTrustValues[obj.trust] !== 0) {
          w.uint32(24)
          ContactTrust.codec().encode(obj.trust, w)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          nicks: [],
          trust: ContactTrust.MET
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
              if (opts.limits?.nicks != null && obj.nicks.length === opts.limits.nicks) {
                throw new MaxLengthError('Decode error - repeated field "nicks" had too many elements')
              }

              obj.nicks.push(reader.string())
              break
            }
            case 3: {
              obj.trust = ContactTrust.codec().decode(reader)
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
          nicks: 0
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
              if (opts.limits?.nicks != null && obj.nicks === opts.limits.nicks) {
                throw new MaxLengthError('Streaming decode error - repeated field "nicks" had too many elements')
              }

              yield {
                field: `${prefix}.nicks[]`,
                index: obj.nicks,
                value: reader.string()
              }

              obj.nicks++

              break
            }
            case 3: {
              yield {
                field: `${prefix}.trust`,
                value: ContactTrust.codec().decode(reader)
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

  export interface ContactRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface ContactRowNicksFieldEvent {
    field: '$.nicks[]'
    index: number
    value: string
  }

  export interface ContactRowTrustFieldEvent {
    field: '$.trust'
    value: ContactTrust
  }

  export function encode (obj: Partial<ContactRow>): Uint8Array {
    return encodeMessage(obj, ContactRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContactRow>): ContactRow {
    return decodeMessage(buf, ContactRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContactRow>): Generator<ContactRowUserFieldEvent | ContactRowNicksFieldEvent | ContactRowTrustFieldEvent> {
    return streamMessage(buf, ContactRow.codec(), opts)
  }
}

export interface OneTimeKeysRow {
  keys: OneTimeKeyRow[]
}

export namespace OneTimeKeysRow {
  let _codec: Codec<OneTimeKeysRow>

  export const codec = (): Codec<OneTimeKeysRow> => {
    if (_codec == null) {
      _codec = message<OneTimeKeysRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if (obj.keys != null && obj.keys.length > 0) {
          for (const value of obj.keys) {
            w.uint32(10)
            OneTimeKeyRow.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          keys: []
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.keys != null && obj.keys.length === opts.limits.keys) {
                throw new MaxLengthError('Decode error - repeated field "keys" had too many elements')
              }

              obj.keys.push(OneTimeKeyRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.keys$
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
          keys: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              if (opts.limits?.keys != null && obj.keys === opts.limits.keys) {
                throw new MaxLengthError('Streaming decode error - repeated field "keys" had too many elements')
              }

              for (const evt of OneTimeKeyRow.codec().stream(reader, reader.uint32(), `${prefix}.keys[]`, {
                limits: opts.limits?.keys$
              })) {
                yield {
                  ...evt,
                  index: obj.keys
                }
              }

              obj.keys++

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

  export interface OneTimeKeysRowKeysSeedFieldEvent {
    field: '$.keys[].seed'
    value: Uint8Array
    index: number
  }

  export interface OneTimeKeysRowKeysPrekeyFieldEvent {
    field: '$.keys[].prekey'
    value: Uint8Array
    index: number
  }

  export function encode (obj: Partial<OneTimeKeysRow>): Uint8Array {
    return encodeMessage(obj, OneTimeKeysRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OneTimeKeysRow>): OneTimeKeysRow {
    return decodeMessage(buf, OneTimeKeysRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OneTimeKeysRow>): Generator<OneTimeKeysRowKeysSeedFieldEvent | OneTimeKeysRowKeysPrekeyFieldEvent> {
    return streamMessage(buf, OneTimeKeysRow.codec(), opts)
  }
}

export interface OneTimeKeyRow {
  seed: Uint8Array
  prekey: Uint8Array
}

export namespace OneTimeKeyRow {
  let _codec: Codec<OneTimeKeyRow>

  export const codec = (): Codec<OneTimeKeyRow> => {
    if (_codec == null) {
      _codec = message<OneTimeKeyRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.seed != null && obj.seed.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.seed)
        }

        if ((obj.prekey != null && obj.prekey.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.prekey)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          seed: uint8ArrayAlloc(0),
          prekey: uint8ArrayAlloc(0)
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.seed = reader.bytes()
              break
            }
            case 2: {
              obj.prekey = reader.bytes()
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
                field: `${prefix}.seed`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.prekey`,
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

  export interface OneTimeKeyRowSeedFieldEvent {
    field: '$.seed'
    value: Uint8Array
  }

  export interface OneTimeKeyRowPrekeyFieldEvent {
    field: '$.prekey'
    value: Uint8Array
  }

  export function encode (obj: Partial<OneTimeKeyRow>): Uint8Array {
    return encodeMessage(obj, OneTimeKeyRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OneTimeKeyRow>): OneTimeKeyRow {
    return decodeMessage(buf, OneTimeKeyRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OneTimeKeyRow>): Generator<OneTimeKeyRowSeedFieldEvent | OneTimeKeyRowPrekeyFieldEvent> {
    return streamMessage(buf, OneTimeKeyRow.codec(), opts)
  }
}

export interface PairRow {
  user: Uint8Array
  instance: Uint8Array
  next: number
  lives: LifeRow[]
  life: Uint8Array
  usedKeys: Uint8Array[]
}

export namespace PairRow {
  let _codec: Codec<PairRow>

  export const codec = (): Codec<PairRow> => {
    if (_codec == null) {
      _codec = message<PairRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.instance != null && obj.instance.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.instance)
        }

        if ((obj.next != null && obj.next !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.next)
        }

        if (obj.lives != null && obj.lives.length > 0) {
          for (const value of obj.lives) {
            w.uint32(34)
            LifeRow.codec().encode(value, w)
          }
        }

        if ((obj.life != null && obj.life.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.life)
        }

        if (obj.usedKeys != null && obj.usedKeys.length > 0) {
          for (const value of obj.usedKeys) {
            w.uint32(50)
            w.bytes(value)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          instance: uint8ArrayAlloc(0),
          next: 0,
          lives: [],
          life: uint8ArrayAlloc(0),
          usedKeys: []
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
              obj.instance = reader.bytes()
              break
            }
            case 3: {
              obj.next = reader.uint64Number()
              break
            }
            case 4: {
              if (opts.limits?.lives != null && obj.lives.length === opts.limits.lives) {
                throw new MaxLengthError('Decode error - repeated field "lives" had too many elements')
              }

              obj.lives.push(LifeRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.lives$
              }))
              break
            }
            case 5: {
              obj.life = reader.bytes()
              break
            }
            case 6: {
              if (opts.limits?.usedKeys != null && obj.usedKeys.length === opts.limits.usedKeys) {
                throw new MaxLengthError('Decode error - repeated field "usedKeys" had too many elements')
              }

              obj.usedKeys.push(reader.bytes())
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
          lives: 0,
          usedKeys: 0
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
                field: `${prefix}.instance`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.next`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              if (opts.limits?.lives != null && obj.lives === opts.limits.lives) {
                throw new MaxLengthError('Streaming decode error - repeated field "lives" had too many elements')
              }

              for (const evt of LifeRow.codec().stream(reader, reader.uint32(), `${prefix}.lives[]`, {
                limits: opts.limits?.lives$
              })) {
                yield {
                  ...evt,
                  index: obj.lives
                }
              }

              obj.lives++

              break
            }
            case 5: {
              yield {
                field: `${prefix}.life`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              if (opts.limits?.usedKeys != null && obj.usedKeys === opts.limits.usedKeys) {
                throw new MaxLengthError('Streaming decode error - repeated field "usedKeys" had too many elements')
              }

              yield {
                field: `${prefix}.usedKeys[]`,
                index: obj.usedKeys,
                value: reader.bytes()
              }

              obj.usedKeys++

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

  export interface PairRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface PairRowInstanceFieldEvent {
    field: '$.instance'
    value: Uint8Array
  }

  export interface PairRowNextFieldEvent {
    field: '$.next'
    value: number
  }

  export interface PairRowLivesInstanceFieldEvent {
    field: '$.lives[].instance'
    value: Uint8Array
    index: number
  }

  export interface PairRowLivesHeardFieldEvent {
    field: '$.lives[].heard'
    value: number
    index: number
  }

  export interface PairRowLivesMarksFieldEvent {
    field: '$.lives[].marks'
    value: Uint8Array
    index: number
  }

  export interface PairRowLivesHeardOnFieldEvent {
    field: '$.lives[].heardOn'
    value: number
    index: number
  }

  export interface PairRowLifeFieldEvent {
    field: '$.life'
    value: Uint8Array
  }

  export interface PairRowUsedKeysFieldEvent {
    field: '$.usedKeys[]'
    index: number
    value: Uint8Array
  }

  export function encode (obj: Partial<PairRow>): Uint8Array {
    return encodeMessage(obj, PairRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PairRow>): PairRow {
    return decodeMessage(buf, PairRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PairRow>): Generator<PairRowUserFieldEvent | PairRowInstanceFieldEvent | PairRowNextFieldEvent | PairRowLivesInstanceFieldEvent | PairRowLivesHeardFieldEvent | PairRowLivesMarksFieldEvent | PairRowLivesHeardOnFieldEvent | PairRowLifeFieldEvent | PairRowUsedKeysFieldEvent> {
    return streamMessage(buf, PairRow.codec(), opts)
  }
}

export interface LifeRow {
  instance: Uint8Array
  heard: number
  marks: Uint8Array
  heardOn: number
}

export namespace LifeRow {
  let _codec: Codec<LifeRow>

  export const codec = (): Codec<LifeRow> => {
    if (_codec == null) {
      _codec = message<LifeRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.instance != null && obj.instance.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.instance)
        }

        if ((obj.heard != null && obj.heard !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.heard)
        }

        if ((obj.marks != null && obj.marks.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.marks)
        }

        if ((obj.heardOn != null && obj.heardOn !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.heardOn)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          instance: uint8ArrayAlloc(0),
          heard: 0,
          marks: uint8ArrayAlloc(0),
          heardOn: 0
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
              obj.heard = reader.uint64Number()
              break
            }
            case 3: {
              obj.marks = reader.bytes()
              break
            }
            case 4: {
              obj.heardOn = reader.uint64Number()
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
                field: `${prefix}.heard`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.marks`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.heardOn`,
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

  export interface LifeRowInstanceFieldEvent {
    field: '$.instance'
    value: Uint8Array
  }

  export interface LifeRowHeardFieldEvent {
    field: '$.heard'
    value: number
  }

  export interface LifeRowMarksFieldEvent {
    field: '$.marks'
    value: Uint8Array
  }

  export interface LifeRowHeardOnFieldEvent {
    field: '$.heardOn'
    value: number
  }

  export function encode (obj: Partial<LifeRow>): Uint8Array {
    return encodeMessage(obj, LifeRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LifeRow>): LifeRow {
    return decodeMessage(buf, LifeRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LifeRow>): Generator<LifeRowInstanceFieldEvent | LifeRowHeardFieldEvent | LifeRowMarksFieldEvent | LifeRowHeardOnFieldEvent> {
    return streamMessage(buf, LifeRow.codec(), opts)
  }
}

export interface SaidRow {
  user: Uint8Array
  number: number
  content: Uint8Array
  session: Uint8Array
  frame: Uint8Array
  instance: Uint8Array
}

export namespace SaidRow {
  let _codec: Codec<SaidRow>

  export const codec = (): Codec<SaidRow> => {
    if (_codec == null) {
      _codec = message<SaidRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(16)
          w.uint64Number(obj.number)
        }

        if ((obj.content != null && obj.content.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.content)
        }

        if ((obj.session != null && obj.session.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.session)
        }

        if ((obj.frame != null && obj.frame.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.frame)
        }

        if ((obj.instance != null && obj.instance.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.instance)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          number: 0,
          content: uint8ArrayAlloc(0),
          session: uint8ArrayAlloc(0),
          frame: uint8ArrayAlloc(0),
          instance: uint8ArrayAlloc(0)
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
              obj.number = reader.uint64Number()
              break
            }
            case 3: {
              obj.content = reader.bytes()
              break
            }
            case 4: {
              obj.session = reader.bytes()
              break
            }
            case 5: {
              obj.frame = reader.bytes()
              break
            }
            case 6: {
              obj.instance = reader.bytes()
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
            case 2: {
              yield {
                field: `${prefix}.number`,
                value: reader.uint64Number()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.content`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.session`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.frame`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.instance`,
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

  export interface SaidRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface SaidRowNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface SaidRowContentFieldEvent {
    field: '$.content'
    value: Uint8Array
  }

  export interface SaidRowSessionFieldEvent {
    field: '$.session'
    value: Uint8Array
  }

  export interface SaidRowFrameFieldEvent {
    field: '$.frame'
    value: Uint8Array
  }

  export interface SaidRowInstanceFieldEvent {
    field: '$.instance'
    value: Uint8Array
  }

  export function encode (obj: Partial<SaidRow>): Uint8Array {
    return encodeMessage(obj, SaidRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SaidRow>): SaidRow {
    return decodeMessage(buf, SaidRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SaidRow>): Generator<SaidRowUserFieldEvent | SaidRowNumberFieldEvent | SaidRowContentFieldEvent | SaidRowSessionFieldEvent | SaidRowFrameFieldEvent | SaidRowInstanceFieldEvent> {
    return streamMessage(buf, SaidRow.codec(), opts)
  }
}

export interface EarlyRow {
  user: Uint8Array
  instance: Uint8Array
  number: number
  content: Uint8Array
  origin: Uint8Array
}

export namespace EarlyRow {
  let _codec: Codec<EarlyRow>

  export const codec = (): Codec<EarlyRow> => {
    if (_codec == null) {
      _codec = message<EarlyRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.instance != null && obj.instance.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.instance)
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.number)
        }

        if ((obj.content != null && obj.content.byteLength > 0)) {
          w.uint32(34)
          w.bytes(obj.content)
        }

        if ((obj.origin != null && obj.origin.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.origin)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          instance: uint8ArrayAlloc(0),
          number: 0,
          content: uint8ArrayAlloc(0),
          origin: uint8ArrayAlloc(0)
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
              obj.instance = reader.bytes()
              break
            }
            case 3: {
              obj.number = reader.uint64Number()
              break
            }
            case 4: {
              obj.content = reader.bytes()
              break
            }
            case 5: {
              obj.origin = reader.bytes()
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
            case 2: {
              yield {
                field: `${prefix}.instance`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.number`,
                value: reader.uint64Number()
              }
              break
            }
            case 4: {
              yield {
                field: `${prefix}.content`,
                value: reader.bytes()
              }
              break
            }
            case 5: {
              yield {
                field: `${prefix}.origin`,
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

  export interface EarlyRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface EarlyRowInstanceFieldEvent {
    field: '$.instance'
    value: Uint8Array
  }

  export interface EarlyRowNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface EarlyRowContentFieldEvent {
    field: '$.content'
    value: Uint8Array
  }

  export interface EarlyRowOriginFieldEvent {
    field: '$.origin'
    value: Uint8Array
  }

  export function encode (obj: Partial<EarlyRow>): Uint8Array {
    return encodeMessage(obj, EarlyRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EarlyRow>): EarlyRow {
    return decodeMessage(buf, EarlyRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<EarlyRow>): Generator<EarlyRowUserFieldEvent | EarlyRowInstanceFieldEvent | EarlyRowNumberFieldEvent | EarlyRowContentFieldEvent | EarlyRowOriginFieldEvent> {
    return streamMessage(buf, EarlyRow.codec(), opts)
  }
}

export interface SessionRow {
  user: Uint8Array
  id: Uint8Array
  isInitiator: boolean
  generation: number
  life: Uint8Array
  isConfirmed: boolean
  isDoubted: boolean
  hasOneTimeKey: boolean
  start: Uint8Array
  opening: Uint8Array
  firstTag: Uint8Array
  ratchet?: RatchetRow
  usableUntil: number
}

export namespace SessionRow {
  let _codec: Codec<SessionRow>

  export const codec = (): Codec<SessionRow> => {
    if (_codec == null) {
      _codec = message<SessionRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.id != null && obj.id.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.id)
        }

        if ((obj.isInitiator != null && obj.isInitiator !== false)) {
          w.uint32(24)
          w.bool(obj.isInitiator)
        }

        if ((obj.generation != null && obj.generation !== 0)) {
          w.uint32(32)
          w.uint32(obj.generation)
        }

        if ((obj.life != null && obj.life.byteLength > 0)) {
          w.uint32(42)
          w.bytes(obj.life)
        }

        if ((obj.isConfirmed != null && obj.isConfirmed !== false)) {
          w.uint32(48)
          w.bool(obj.isConfirmed)
        }

        if ((obj.isDoubted != null && obj.isDoubted !== false)) {
          w.uint32(56)
          w.bool(obj.isDoubted)
        }

        if ((obj.hasOneTimeKey != null && obj.hasOneTimeKey !== false)) {
          w.uint32(64)
          w.bool(obj.hasOneTimeKey)
        }

        if ((obj.start != null && obj.start.byteLength > 0)) {
          w.uint32(74)
          w.bytes(obj.start)
        }

        if ((obj.opening != null && obj.opening.byteLength > 0)) {
          w.uint32(82)
          w.bytes(obj.opening)
        }

        if ((obj.firstTag != null && obj.firstTag.byteLength > 0)) {
          w.uint32(90)
          w.bytes(obj.firstTag)
        }

        if (obj.ratchet != null) {
          w.uint32(98)
          RatchetRow.codec().encode(obj.ratchet, w)
        }

        if ((obj.usableUntil != null && obj.usableUntil !== 0)) {
          w.uint32(104)
          w.uint64Number(obj.usableUntil)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          id: uint8ArrayAlloc(0),
          isInitiator: false,
          generation: 0,
          life: uint8ArrayAlloc(0),
          isConfirmed: false,
          isDoubted: false,
          hasOneTimeKey: false,
          start: uint8ArrayAlloc(0),
          opening: uint8ArrayAlloc(0),
          firstTag: uint8ArrayAlloc(0),
          usableUntil: 0
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
              obj.id = reader.bytes()
              break
            }
            case 3: {
              obj.isInitiator = reader.bool()
              break
            }
            case 4: {
              obj.generation = reader.uint32()
              break
            }
            case 5: {
              obj.life = reader.bytes()
              break
            }
            case 6: {
              obj.isConfirmed = reader.bool()
              break
            }
            case 7: {
              obj.isDoubted = reader.bool()
              break
            }
            case 8: {
              obj.hasOneTimeKey = reader.bool()
              break
            }
            case 9: {
              obj.start = reader.bytes()
              break
            }
            case 10: {
              obj.opening = reader.bytes()
              break
            }
            case 11: {
              obj.firstTag = reader.bytes()
              break
            }
            case 12: {
              obj.ratchet = RatchetRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.ratchet
              })
              break
            }
            case 13: {
              obj.usableUntil = reader.uint64Number()
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
            case 2: {
              yield {
                field: `${prefix}.id`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.isInitiator`,
                value: reader.bool()
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
            case 5: {
              yield {
                field: `${prefix}.life`,
                value: reader.bytes()
              }
              break
            }
            case 6: {
              yield {
                field: `${prefix}.isConfirmed`,
                value: reader.bool()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.isDoubted`,
                value: reader.bool()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.hasOneTimeKey`,
                value: reader.bool()
              }
              break
            }
            case 9: {
              yield {
                field: `${prefix}.start`,
                value: reader.bytes()
              }
              break
            }
            case 10: {
              yield {
                field: `${prefix}.opening`,
                value: reader.bytes()
              }
              break
            }
            case 11: {
              yield {
                field: `${prefix}.firstTag`,
                value: reader.bytes()
              }
              break
            }
            case 12: {
              yield * RatchetRow.codec().stream(reader, reader.uint32(), `${prefix}.ratchet`, {
                limits: opts.limits?.ratchet
              })

              break
            }
            case 13: {
              yield {
                field: `${prefix}.usableUntil`,
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

  export interface SessionRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface SessionRowIdFieldEvent {
    field: '$.id'
    value: Uint8Array
  }

  export interface SessionRowIsInitiatorFieldEvent {
    field: '$.isInitiator'
    value: boolean
  }

  export interface SessionRowGenerationFieldEvent {
    field: '$.generation'
    value: number
  }

  export interface SessionRowLifeFieldEvent {
    field: '$.life'
    value: Uint8Array
  }

  export interface SessionRowIsConfirmedFieldEvent {
    field: '$.isConfirmed'
    value: boolean
  }

  export interface SessionRowIsDoubtedFieldEvent {
    field: '$.isDoubted'
    value: boolean
  }

  export interface SessionRowHasOneTimeKeyFieldEvent {
    field: '$.hasOneTimeKey'
    value: boolean
  }

  export interface SessionRowStartFieldEvent {
    field: '$.start'
    value: Uint8Array
  }

  export interface SessionRowOpeningFieldEvent {
    field: '$.opening'
    value: Uint8Array
  }

  export interface SessionRowFirstTagFieldEvent {
    field: '$.firstTag'
    value: Uint8Array
  }

  export interface SessionRowRatchetRootFieldEvent {
    field: '$.ratchet.root'
    value: Uint8Array
  }

  export interface SessionRowRatchetOwnFieldEvent {
    field: '$.ratchet.own'
    value: Uint8Array
  }

  export interface SessionRowRatchetTheirsFieldEvent {
    field: '$.ratchet.theirs'
    value: Uint8Array
  }

  export interface SessionRowRatchetSendingKeyFieldEvent {
    field: '$.ratchet.sending.key'
    value: Uint8Array
  }

  export interface SessionRowRatchetSendingHeaderFieldEvent {
    field: '$.ratchet.sending.header'
    value: Uint8Array
  }

  export interface SessionRowRatchetSendingCountFieldEvent {
    field: '$.ratchet.sending.count'
    value: number
  }

  export interface SessionRowRatchetReceivingKeyFieldEvent {
    field: '$.ratchet.receiving.key'
    value: Uint8Array
  }

  export interface SessionRowRatchetReceivingHeaderFieldEvent {
    field: '$.ratchet.receiving.header'
    value: Uint8Array
  }

  export interface SessionRowRatchetReceivingCountFieldEvent {
    field: '$.ratchet.receiving.count'
    value: number
  }

  export interface SessionRowRatchetNextSendingFieldEvent {
    field: '$.ratchet.nextSending'
    value: Uint8Array
  }

  export interface SessionRowRatchetNextReceivingFieldEvent {
    field: '$.ratchet.nextReceiving'
    value: Uint8Array
  }

  export interface SessionRowRatchetPreviousFieldEvent {
    field: '$.ratchet.previous'
    value: number
  }

  export interface SessionRowUsableUntilFieldEvent {
    field: '$.usableUntil'
    value: number
  }

  export function encode (obj: Partial<SessionRow>): Uint8Array {
    return encodeMessage(obj, SessionRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionRow>): SessionRow {
    return decodeMessage(buf, SessionRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SessionRow>): Generator<SessionRowUserFieldEvent | SessionRowIdFieldEvent | SessionRowIsInitiatorFieldEvent | SessionRowGenerationFieldEvent | SessionRowLifeFieldEvent | SessionRowIsConfirmedFieldEvent | SessionRowIsDoubtedFieldEvent | SessionRowHasOneTimeKeyFieldEvent | SessionRowStartFieldEvent | SessionRowOpeningFieldEvent | SessionRowFirstTagFieldEvent | SessionRowRatchetRootFieldEvent | SessionRowRatchetOwnFieldEvent | SessionRowRatchetTheirsFieldEvent | SessionRowRatchetSendingKeyFieldEvent | SessionRowRatchetSendingHeaderFieldEvent | SessionRowRatchetSendingCountFieldEvent | SessionRowRatchetReceivingKeyFieldEvent | SessionRowRatchetReceivingHeaderFieldEvent | SessionRowRatchetReceivingCountFieldEvent | SessionRowRatchetNextSendingFieldEvent | SessionRowRatchetNextReceivingFieldEvent | SessionRowRatchetPreviousFieldEvent | SessionRowUsableUntilFieldEvent> {
    return streamMessage(buf, SessionRow.codec(), opts)
  }
}

export interface RatchetRow {
  root: Uint8Array
  own: Uint8Array
  theirs: Uint8Array
  sending?: ChainKeysRow
  receiving?: ChainKeysRow
  nextSending: Uint8Array
  nextReceiving: Uint8Array
  previous: number
}

export namespace RatchetRow {
  let _codec: Codec<RatchetRow>

  export const codec = (): Codec<RatchetRow> => {
    if (_codec == null) {
      _codec = message<RatchetRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.root != null && obj.root.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.root)
        }

        if ((obj.own != null && obj.own.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.own)
        }

        if ((obj.theirs != null && obj.theirs.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.theirs)
        }

        if (obj.sending != null) {
          w.uint32(34)
          ChainKeysRow.codec().encode(obj.sending, w)
        }

        if (obj.receiving != null) {
          w.uint32(42)
          ChainKeysRow.codec().encode(obj.receiving, w)
        }

        if ((obj.nextSending != null && obj.nextSending.byteLength > 0)) {
          w.uint32(50)
          w.bytes(obj.nextSending)
        }

        if ((obj.nextReceiving != null && obj.nextReceiving.byteLength > 0)) {
          w.uint32(58)
          w.bytes(obj.nextReceiving)
        }

        if ((obj.previous != null && obj.previous !== 0)) {
          w.uint32(64)
          w.uint32(obj.previous)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          root: uint8ArrayAlloc(0),
          own: uint8ArrayAlloc(0),
          theirs: uint8ArrayAlloc(0),
          nextSending: uint8ArrayAlloc(0),
          nextReceiving: uint8ArrayAlloc(0),
          previous: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.root = reader.bytes()
              break
            }
            case 2: {
              obj.own = reader.bytes()
              break
            }
            case 3: {
              obj.theirs = reader.bytes()
              break
            }
            case 4: {
              obj.sending = ChainKeysRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.sending
              })
              break
            }
            case 5: {
              obj.receiving = ChainKeysRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.receiving
              })
              break
            }
            case 6: {
              obj.nextSending = reader.bytes()
              break
            }
            case 7: {
              obj.nextReceiving = reader.bytes()
              break
            }
            case 8: {
              obj.previous = reader.uint32()
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
                field: `${prefix}.root`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.own`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.theirs`,
                value: reader.bytes()
              }
              break
            }
            case 4: {
              yield * ChainKeysRow.codec().stream(reader, reader.uint32(), `${prefix}.sending`, {
                limits: opts.limits?.sending
              })

              break
            }
            case 5: {
              yield * ChainKeysRow.codec().stream(reader, reader.uint32(), `${prefix}.receiving`, {
                limits: opts.limits?.receiving
              })

              break
            }
            case 6: {
              yield {
                field: `${prefix}.nextSending`,
                value: reader.bytes()
              }
              break
            }
            case 7: {
              yield {
                field: `${prefix}.nextReceiving`,
                value: reader.bytes()
              }
              break
            }
            case 8: {
              yield {
                field: `${prefix}.previous`,
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

  export interface RatchetRowRootFieldEvent {
    field: '$.root'
    value: Uint8Array
  }

  export interface RatchetRowOwnFieldEvent {
    field: '$.own'
    value: Uint8Array
  }

  export interface RatchetRowTheirsFieldEvent {
    field: '$.theirs'
    value: Uint8Array
  }

  export interface RatchetRowSendingKeyFieldEvent {
    field: '$.sending.key'
    value: Uint8Array
  }

  export interface RatchetRowSendingHeaderFieldEvent {
    field: '$.sending.header'
    value: Uint8Array
  }

  export interface RatchetRowSendingCountFieldEvent {
    field: '$.sending.count'
    value: number
  }

  export interface RatchetRowReceivingKeyFieldEvent {
    field: '$.receiving.key'
    value: Uint8Array
  }

  export interface RatchetRowReceivingHeaderFieldEvent {
    field: '$.receiving.header'
    value: Uint8Array
  }

  export interface RatchetRowReceivingCountFieldEvent {
    field: '$.receiving.count'
    value: number
  }

  export interface RatchetRowNextSendingFieldEvent {
    field: '$.nextSending'
    value: Uint8Array
  }

  export interface RatchetRowNextReceivingFieldEvent {
    field: '$.nextReceiving'
    value: Uint8Array
  }

  export interface RatchetRowPreviousFieldEvent {
    field: '$.previous'
    value: number
  }

  export function encode (obj: Partial<RatchetRow>): Uint8Array {
    return encodeMessage(obj, RatchetRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RatchetRow>): RatchetRow {
    return decodeMessage(buf, RatchetRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RatchetRow>): Generator<RatchetRowRootFieldEvent | RatchetRowOwnFieldEvent | RatchetRowTheirsFieldEvent | RatchetRowSendingKeyFieldEvent | RatchetRowSendingHeaderFieldEvent | RatchetRowSendingCountFieldEvent | RatchetRowReceivingKeyFieldEvent | RatchetRowReceivingHeaderFieldEvent | RatchetRowReceivingCountFieldEvent | RatchetRowNextSendingFieldEvent | RatchetRowNextReceivingFieldEvent | RatchetRowPreviousFieldEvent> {
    return streamMessage(buf, RatchetRow.codec(), opts)
  }
}

export interface ChainKeysRow {
  key: Uint8Array
  header: Uint8Array
  count: number
}

export namespace ChainKeysRow {
  let _codec: Codec<ChainKeysRow>

  export const codec = (): Codec<ChainKeysRow> => {
    if (_codec == null) {
      _codec = message<ChainKeysRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.key != null && obj.key.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.key)
        }

        if ((obj.header != null && obj.header.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.header)
        }

        if ((obj.count != null && obj.count !== 0)) {
          w.uint32(24)
          w.uint32(obj.count)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          key: uint8ArrayAlloc(0),
          header: uint8ArrayAlloc(0),
          count: 0
        }

        const end = length == null ? reader.len : reader.pos + length

        while (reader.pos < end) {
          const tag = reader.uint32()

          switch (tag >>> 3) {
            case 1: {
              obj.key = reader.bytes()
              break
            }
            case 2: {
              obj.header = reader.bytes()
              break
            }
            case 3: {
              obj.count = reader.uint32()
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
                field: `${prefix}.key`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.header`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.count`,
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

  export interface ChainKeysRowKeyFieldEvent {
    field: '$.key'
    value: Uint8Array
  }

  export interface ChainKeysRowHeaderFieldEvent {
    field: '$.header'
    value: Uint8Array
  }

  export interface ChainKeysRowCountFieldEvent {
    field: '$.count'
    value: number
  }

  export function encode (obj: Partial<ChainKeysRow>): Uint8Array {
    return encodeMessage(obj, ChainKeysRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChainKeysRow>): ChainKeysRow {
    return decodeMessage(buf, ChainKeysRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ChainKeysRow>): Generator<ChainKeysRowKeyFieldEvent | ChainKeysRowHeaderFieldEvent | ChainKeysRowCountFieldEvent> {
    return streamMessage(buf, ChainKeysRow.codec(), opts)
  }
}

export interface SkippedRow {
  user: Uint8Array
  session: Uint8Array
  header: Uint8Array
  since: number
  keys: SkippedKeyRow[]
}

export namespace SkippedRow {
  let _codec: Codec<SkippedRow>

  export const codec = (): Codec<SkippedRow> => {
    if (_codec == null) {
      _codec = message<SkippedRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.user)
        }

        if ((obj.session != null && obj.session.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.session)
        }

        if ((obj.header != null && obj.header.byteLength > 0)) {
          w.uint32(26)
          w.bytes(obj.header)
        }

        if ((obj.since != null && obj.since !== 0)) {
          w.uint32(32)
          w.uint64Number(obj.since)
        }

        if (obj.keys != null && obj.keys.length > 0) {
          for (const value of obj.keys) {
            w.uint32(42)
            SkippedKeyRow.codec().encode(value, w)
          }
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          user: uint8ArrayAlloc(0),
          session: uint8ArrayAlloc(0),
          header: uint8ArrayAlloc(0),
          since: 0,
          keys: []
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
              obj.session = reader.bytes()
              break
            }
            case 3: {
              obj.header = reader.bytes()
              break
            }
            case 4: {
              obj.since = reader.uint64Number()
              break
            }
            case 5: {
              if (opts.limits?.keys != null && obj.keys.length === opts.limits.keys) {
                throw new MaxLengthError('Decode error - repeated field "keys" had too many elements')
              }

              obj.keys.push(SkippedKeyRow.codec().decode(reader, reader.uint32(), {
                limits: opts.limits?.keys$
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
          keys: 0
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
                field: `${prefix}.session`,
                value: reader.bytes()
              }
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
                field: `${prefix}.since`,
                value: reader.uint64Number()
              }
              break
            }
            case 5: {
              if (opts.limits?.keys != null && obj.keys === opts.limits.keys) {
                throw new MaxLengthError('Streaming decode error - repeated field "keys" had too many elements')
              }

              for (const evt of SkippedKeyRow.codec().stream(reader, reader.uint32(), `${prefix}.keys[]`, {
                limits: opts.limits?.keys$
              })) {
                yield {
                  ...evt,
                  index: obj.keys
                }
              }

              obj.keys++

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

  export interface SkippedRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export interface SkippedRowSessionFieldEvent {
    field: '$.session'
    value: Uint8Array
  }

  export interface SkippedRowHeaderFieldEvent {
    field: '$.header'
    value: Uint8Array
  }

  export interface SkippedRowSinceFieldEvent {
    field: '$.since'
    value: number
  }

  export interface SkippedRowKeysNumberFieldEvent {
    field: '$.keys[].number'
    value: number
    index: number
  }

  export interface SkippedRowKeysKeyFieldEvent {
    field: '$.keys[].key'
    value: Uint8Array
    index: number
  }

  export interface SkippedRowKeysSinceFieldEvent {
    field: '$.keys[].since'
    value: number
    index: number
  }

  export function encode (obj: Partial<SkippedRow>): Uint8Array {
    return encodeMessage(obj, SkippedRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SkippedRow>): SkippedRow {
    return decodeMessage(buf, SkippedRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SkippedRow>): Generator<SkippedRowUserFieldEvent | SkippedRowSessionFieldEvent | SkippedRowHeaderFieldEvent | SkippedRowSinceFieldEvent | SkippedRowKeysNumberFieldEvent | SkippedRowKeysKeyFieldEvent | SkippedRowKeysSinceFieldEvent> {
    return streamMessage(buf, SkippedRow.codec(), opts)
  }
}

export interface SkippedKeyRow {
  number: number
  key: Uint8Array
  since: number
}

export namespace SkippedKeyRow {
  let _codec: Codec<SkippedKeyRow>

  export const codec = (): Codec<SkippedKeyRow> => {
    if (_codec == null) {
      _codec = message<SkippedKeyRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.number != null && obj.number !== 0)) {
          w.uint32(8)
          w.uint32(obj.number)
        }

        if ((obj.key != null && obj.key.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.key)
        }

        if ((obj.since != null && obj.since !== 0)) {
          w.uint32(24)
          w.uint64Number(obj.since)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          number: 0,
          key: uint8ArrayAlloc(0),
          since: 0
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
              obj.key = reader.bytes()
              break
            }
            case 3: {
              obj.since = reader.uint64Number()
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
                field: `${prefix}.number`,
                value: reader.uint32()
              }
              break
            }
            case 2: {
              yield {
                field: `${prefix}.key`,
                value: reader.bytes()
              }
              break
            }
            case 3: {
              yield {
                field: `${prefix}.since`,
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

  export interface SkippedKeyRowNumberFieldEvent {
    field: '$.number'
    value: number
  }

  export interface SkippedKeyRowKeyFieldEvent {
    field: '$.key'
    value: Uint8Array
  }

  export interface SkippedKeyRowSinceFieldEvent {
    field: '$.since'
    value: number
  }

  export function encode (obj: Partial<SkippedKeyRow>): Uint8Array {
    return encodeMessage(obj, SkippedKeyRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SkippedKeyRow>): SkippedKeyRow {
    return decodeMessage(buf, SkippedKeyRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SkippedKeyRow>): Generator<SkippedKeyRowNumberFieldEvent | SkippedKeyRowKeyFieldEvent | SkippedKeyRowSinceFieldEvent> {
    return streamMessage(buf, SkippedKeyRow.codec(), opts)
  }
}

export interface StartRow {
  prekey: Uint8Array
  user: Uint8Array
}

export namespace StartRow {
  let _codec: Codec<StartRow>

  export const codec = (): Codec<StartRow> => {
    if (_codec == null) {
      _codec = message<StartRow>((obj, w, opts = {}) => {
        if (opts.lengthDelimited !== false) {
          w.fork()
        }

        if ((obj.prekey != null && obj.prekey.byteLength > 0)) {
          w.uint32(10)
          w.bytes(obj.prekey)
        }

        if ((obj.user != null && obj.user.byteLength > 0)) {
          w.uint32(18)
          w.bytes(obj.user)
        }

        if (opts.lengthDelimited !== false) {
          w.ldelim()
        }
      }, (reader, length, opts = {}) => {
        const obj: any = {
          prekey: uint8ArrayAlloc(0),
          user: uint8ArrayAlloc(0)
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
                field: `${prefix}.prekey`,
                value: reader.bytes()
              }
              break
            }
            case 2: {
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

  export interface StartRowPrekeyFieldEvent {
    field: '$.prekey'
    value: Uint8Array
  }

  export interface StartRowUserFieldEvent {
    field: '$.user'
    value: Uint8Array
  }

  export function encode (obj: Partial<StartRow>): Uint8Array {
    return encodeMessage(obj, StartRow.codec())
  }

  export function decode (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StartRow>): StartRow {
    return decodeMessage(buf, StartRow.codec(), opts)
  }

  export function stream (buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StartRow>): Generator<StartRowPrekeyFieldEvent | StartRowUserFieldEvent> {
    return streamMessage(buf, StartRow.codec(), opts)
  }
}
