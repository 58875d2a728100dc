/* Issuing keys and electing who issues them, with three to seven managers (protocol §7, quorum).

   One object does both.  A manager proposes an announcement (term, serial); others co-sign it; Q signatures certify it.
   (term, 1) is the election, and the certificate is its outcome.  Later new roots of the term need Q signatures too; a
   pure step (an admission) and a group's epoch need the leader alone.

   The carrier keeps everything that was ever sent, and any manager may read any of it at any time, late, twice or never:
   loss, delay, repetition, reordering and partitions are all inside.  A manager may crash between any two steps and
   comes back with what it stored.  Manager 0 begins in office: (1,1) has the signatures of managers 0 to Q-1.

   A1  a (term, serial) has at most one valid announcement
   A2  no valid announcement is higher than one that applies a removal, and yet ignores that removal
   A3  the announcements of a term have the issuer of its first
   A4  no issuer uses a (term, serial) for two announcements
   A5  (SHOW_FORK) no valid announcement is passed over by a higher one that does not follow it: this one does not hold
   L1  (CALM) when faults end and nobody is in office, a new term can be certified
   L2  (CALM) when faults end and somebody is in office, a new root can be certified

   Each variant takes one rule away, or adds one fault; README.md says what becomes of it. */
#ifndef N
#define N 3                                /* managers */
#define Q 2                                /* signatures that a new root needs */
#endif
#ifndef MAXT
#define MAXT 2                             /* terms */
#endif
#ifndef MAXS
#define MAXS 2                             /* serials in a term */
#endif

#define SLOTS     (MAXT*MAXS)
#define E(t,s)    (((t)-1)*MAXS + (s)-1)   /* place of a number */
#define K(t,s,i)  (E(t,s)*N + (i))         /* place of a number and an issuer */
#define HIGHER(t1,s1,t2,s2) ((t1)>(t2) || ((t1)==(t2) && (s1)>(s2)))
#define COUNT(m)  (((m)&1) + (((m)>>1)&1) + (((m)>>2)&1) + (((m)>>3)&1) + (((m)>>4)&1) + (((m)>>5)&1) + (((m)>>6)&1))

/* The rules. */
#ifdef BUG_NOQUORUM
#define NEED 1
#else
#define NEED Q
#endif
#ifdef BUG_NOREMCHECK
#define APPLIES(roster,j) (1)
#else
#define APPLIES(roster,j) ((roster) == WITHOUT || !rem[j])
#endif
#ifdef BUG_ANYISSUER
#define ITSTERM(t,s,i) (1)
#else
#define ITSTERM(t,s,i) ((s) == 1 || leaderOf[t] == (i)+1)      /* the certificate of (t,1) travels with it */
#endif
#ifdef BUG_LOWER
#define ABOVE(t,s,j) (pT[j] != (t) || pS[j] != (s))
#else
#define ABOVE(t,s,j) HIGHER(t,s,pT[j],pS[j])
#endif
#ifdef BUG_PUREANY
#define PUREOK(i) (1)
#else
#define PUREOK(i) (applied[i] || !rem[i])
#endif
#ifdef BUG_GROUPANY
#define GROUPOK(i) (1)
#else
#define GROUPOK(i) (applied[i] || !rem[i])
#endif
#ifdef WINDOW
#define NEXT(t,i) ((t) > cT[i] && (t) > pT[i] && (t) <= cT[i]+WINDOW)
#else
#define NEXT(t,i) ((t) > cT[i] && (t) > pT[i])                 /* a proposal uses its number up, certified or not */
#endif
#if defined(BUG_NOPERSIST) || defined(BUG_STALEDISK) || defined(ONE_STALE)
#define UNUSED(k) (prop[k] == NONE)                            /* its own old proposals come back from its peers */
#else
#define UNUSED(k) (1)
#endif
#ifdef BASECHECK
#define FOLLOWS(k,j) (cT[j] == 0 || prev[k] > E(cT[j],cS[j]))
#else
#define FOLLOWS(k,j) (1)
#endif

/* A claim that breaks is reported with its name: the names are variables that are never set. */
hidden byte A1, A2, A3, A4, A5, L1, L2;
#define CLAIM(name, what) assert((what) || name)

/* On the carrier: what each manager proposed under each number, and who signed it. */
#define NONE    0
#define WITH    1                          /* the roster still has the one to be removed */
#define WITHOUT 2
byte prop[SLOTS*N]; byte sig[SLOTS*N];
/* Durable: the last promise, whether the removal is known, the highest certified announcement known. */
byte pT[N]; byte pS[N]; bool rem[N]; byte cT[N]; byte cS[N];
/* Volatile: the term stood for, the term led, whether the newest certified root led on applies the removal. */
byte cand[N]; byte lead[N]; bool applied[N];
/* For the claims alone: who leads a term, whose announcement is valid and with which roster. */
byte leaderOf[MAXT+1]; byte certBy[SLOTS]; byte certR[SLOTS];
bool asked; bool calm;
#ifdef GROUPS
bool group[SLOTS];                         /* the valid announcement is of a group */
#define OFCHANNEL(e) (!group[e])
#else
#define OFCHANNEL(e) (1)
#endif
#ifdef SHOW_FORK
byte prev[SLOTS*N];                        /* place + 1 of the announcement that a proposal follows */
#define FOLLOW(k,i) if :: cT[i] > 0 -> prev[k] = E(cT[i],cS[i])+1 :: else fi
#else
#define FOLLOW(k,i) skip
#endif

/* The announcement (nt,ns) of ni has become valid. */
inline valid(nt,ns,ni) {
  CLAIM(A1, certBy[E(nt,ns)] == 0);
  certBy[E(nt,ns)] = ni+1; certR[E(nt,ns)] = prop[K(nt,ns,ni)];
  if :: ns == 1 -> leaderOf[nt] = ni+1 :: else -> CLAIM(A3, leaderOf[nt] == ni+1) fi;
  x = 0;
  do
  :: x < SLOTS ->
       CLAIM(A2, !(certR[x] == WITHOUT && x < E(nt,ns) && prop[K(nt,ns,ni)] == WITH));
       CLAIM(A2, !(certR[x] == WITH && x > E(nt,ns) && prop[K(nt,ns,ni)] == WITHOUT));
#ifdef SHOW_FORK
       CLAIM(A5, !(certBy[x] != 0 && x < E(nt,ns) && x+1 > prev[K(nt,ns,ni)]));
#endif
       x++
  :: else -> break
  od; x = 0
}

/* The promise is stored before the signature is sent. */
inline sign(gt,gs,gi,gj) {
  pT[gj] = gt; pS[gj] = gs;
  if :: prop[K(gt,gs,gi)] == WITHOUT -> rem[gj] = 1 :: else fi;
  sig[K(gt,gs,gi)] = sig[K(gt,gs,gi)] | (1<<gj);
  if :: COUNT(sig[K(gt,gs,gi)]) >= NEED && certBy[E(gt,gs)] != gi+1 -> valid(gt,gs,gi) :: else fi
}

inline propose(ot,os,oi) {
  CLAIM(A4, prop[K(ot,os,oi)] == NONE);
  prop[K(ot,os,oi)] = (rem[oi] -> WITHOUT : WITH);
  FOLLOW(K(ot,os,oi),oi);
  sign(ot,os,oi,oi)
}

/* What needs the leader alone has the roster of the newest certified root. */
inline alone(at,as,ai) {
  CLAIM(A4, prop[K(at,as,ai)] == NONE);
  prop[K(at,as,ai)] = (applied[ai] -> WITHOUT : WITH);
  FOLLOW(K(at,as,ai),ai);
  pT[ai] = at; pS[ai] = as
}

inline leave(li)  { cand[li] = 0; lead[li] = 0; applied[li] = 0 }
inline forget(oi) { pT[oi] = 0; pS[oi] = 0; rem[oi] = 0; cT[oi] = 0; cS[oi] = 0; leave(oi) }

inline learn(lt,ls,li) {
  cT[li] = lt; cS[li] = ls;
  if :: certR[E(lt,ls)] == WITHOUT -> rem[li] = 1 :: else fi;
  if
  :: certBy[E(lt,ls)] == li+1 && cand[li] == lt && ls == 1 -> lead[li] = lt; cand[li] = 0; applied[li] = (certR[E(lt,ls)] == WITHOUT)
  :: certBy[E(lt,ls)] == li+1 && lead[li] == lt -> applied[li] = (certR[E(lt,ls)] == WITHOUT)
  :: certBy[E(lt,ls)] != li+1 -> leave(li)
  :: else
  fi
}

/* s = the managers that may still sign (at,as). */
inline signers(at,as) {
  s = 0; j = 0;
  do :: j < N -> if :: HIGHER(at,as,pT[j],pS[j]) -> s++ :: else fi; j++ :: else -> break od; j = 0
}

#define ISSUES(i) (lead[i] > 0 && pT[i] == lead[i] && pS[i] < MAXS)

active proctype World() {
  byte i, j, t, s, x; bool ok;
  atomic {
    prop[K(1,1,0)] = WITH; sig[K(1,1,0)] = (1<<Q)-1; certBy[E(1,1)] = 1; certR[E(1,1)] = WITH; leaderOf[1] = 1;
    cT[0] = 1; cS[0] = 1; lead[0] = 1;
    do :: i < Q -> pT[i] = 1; pS[i] = 1; i++ :: else -> break od; i = 0 }
  do
  :: !calm -> atomic {
       select(i : 0 .. N-1);
       if
       :: cand[i] == 0 && lead[i] == 0 ->                      /* stands for election */
            select(t : 1 .. MAXT);
            if :: NEXT(t,i) && UNUSED(K(t,1,i)) -> propose(t,1,i); cand[i] = t :: else fi
       :: ISSUES(i) ->                                         /* proposes a new root */
            t = lead[i]; s = pS[i]+1; propose(t,s,i)
       :: ISSUES(i) && PUREOK(i) ->                            /* admits */
            t = lead[i]; s = pS[i]+1; alone(t,s,i); valid(t,s,i); cT[i] = t; cS[i] = s
#ifdef GROUPS
       :: ISSUES(i) && GROUPOK(i) ->                           /* makes an epoch of a group, out of the same numbers */
            t = lead[i]; s = pS[i]+1; alone(t,s,i); valid(t,s,i); group[E(t,s)] = 1
#endif
#ifdef BUG_PUREREMOVAL
       :: ISSUES(i) && rem[i] && !applied[i] ->                /* removes, without asking anybody */
            t = lead[i]; s = pS[i]+1; applied[i] = 1; alone(t,s,i); valid(t,s,i); cT[i] = t; cS[i] = s
#endif
#ifdef BUG_ANYISSUER
       :: cT[i] > 0 && pT[i] == cT[i] && pS[i] < MAXS && prop[K(cT[i],pS[i]+1,i)] == NONE ->
            t = cT[i]; s = pS[i]+1; propose(t,s,i)
#endif
       :: true ->                                              /* j co-signs what i proposed */
            select(j : 0 .. N-1); select(t : 1 .. MAXT); select(s : 1 .. MAXS);
            if
            :: i != j && prop[K(t,s,i)] != NONE && certBy[E(t,s)] != i+1 && ABOVE(t,s,j) &&
                 APPLIES(prop[K(t,s,i)],j) && ITSTERM(t,s,i) && FOLLOWS(K(t,s,i),j) -> sign(t,s,i,j)
            :: else
            fi
       :: true ->                                              /* learns of a certificate */
            select(t : 1 .. MAXT); select(s : 1 .. MAXS);
            if :: certBy[E(t,s)] > 0 && OFCHANNEL(E(t,s)) && HIGHER(t,s,cT[i],cS[i]) -> learn(t,s,i) :: else fi
       :: !asked -> rem[i] = 1; asked = 1                      /* somebody is removed; one manager hears of it */
       :: select(j : 0 .. N-1); if :: rem[j] -> rem[i] = 1 :: else fi         /* the statement spreads */
       :: cand[i] > 0 || lead[i] > 0 ->                        /* crashes; who comes back opens a new term */
#ifdef BUG_RESUME
            if :: lead[i] > 0 -> pS[i] = 1 :: else -> cand[i] = 0 fi
#else
            leave(i)
#endif
#ifdef BUG_NOPERSIST
       :: true -> pT[i] = 0; pS[i] = 0; leave(i)               /* crashes, the promise is gone */
#endif
#ifdef BUG_STALEDISK
       :: true -> forget(i)                                    /* anybody comes back on an old disk */
#endif
#ifdef ONE_STALE
       :: i == N-1 -> forget(i)                                /* one manager does */
#endif
#ifdef CALM
       :: true -> calm = 1
#endif
       fi;
       i = 0; j = 0; t = 0; s = 0; x = 0 }
  :: calm -> atomic {                                          /* no more faults; everybody hears everybody */
       do :: x < SLOTS -> if :: certBy[x] > 0 -> t = x/MAXS + 1 :: else fi; x++ :: else -> break od; x = 0;
       do :: i < N -> if :: rem[i] -> ok = 1 :: else fi; i++ :: else -> break od; i = 0;
       do :: i < N -> rem[i] = ok; i++ :: else -> break od; i = 0; ok = 0;
       x = leaderOf[t]-1;
       if                                                      /* goes on in its term, if enough may sign there */
       :: lead[x] == t -> signers(t, pS[x]+1); ok = (pT[x] == t && s >= Q)
       :: else
       fi;
#ifdef BUG_STAYS
       CLAIM(L2, lead[x] != t || ok);                          /* in office, it waits for signatures for ever */
#endif
#ifdef WINDOW
       i = t; t++;                                             /* any proposal, old or new, that may still get signatures */
       do
       :: t <= i+WINDOW ->
            if :: t > MAXT -> ok = 1 :: else fi;               /* outside the bounds of the model */
            x = 0;
            do
            :: x < N && t <= MAXT ->
                 s = 0; j = 0;
                 do
                 :: j < N ->
                      if
                      :: sig[K(t,1,x)] & (1<<j) -> s++
                      :: !(sig[K(t,1,x)] & (1<<j)) && HIGHER(t,1,pT[j],pS[j]) &&
                           (prop[K(t,1,x)] == NONE -> HIGHER(t,1,pT[x],pS[x]) : APPLIES(prop[K(t,1,x)],j)) -> s++
                      :: else
                      fi; j++
                 :: else -> break
                 od;
                 if :: s >= Q -> ok = 1 :: else fi;
                 x++
            :: else -> break
            od;
            t++
       :: else -> break
       od;
#else
       do :: i < N -> if :: pT[i] > t -> t = pT[i] :: else fi; i++ :: else -> break od;
       t++; signers(t, 1);                                     /* a refusal carries the promise that it rests on */
       ok = (ok || s >= Q);
#endif
       CLAIM(L1, ok);
       break }
  od
}
