/**
 * Which letters look alike: 1,115 of them, each with the letters it is taken for.
 *
 * Generated, do not edit: from the data of unhomoglyph 1.0.6 (MIT), which is confusables.txt of UTS #39, version 13
 * (© Unicode, Inc., Unicode License V3), cut down to what a folded nick can hold and closed under itself, with `w` for `vv`
 * added. No target holds a source, so one pass over folded text is enough.
 *
 * One entry is `target=sources`: targets are code points joined by `+`, sources are ascending differences, all in base 36.
 */
const TABLE = [
  'x=cj,12=x2w,13=jg e 1 lq vxv,13+13=16a,1a=19c 40,1b=9ir 4b 5td,1e=bs 5fg r35 7q,1e+mt=cb,1f=f1 1r 1i bp 4q 2du 2',
  'dx rc3,1f+me=wp,1i=tt,1k=f7 1jb 3k 49,1l=1yl 3e 75 ed uf6,1m=1s3 ao,1r=g2 2a 1d5,2k=fg6,2p=gh 9s 3j,2p+2p=x0z,2p',
  '+2t=6e rz,2p+33=x11,2p+39=x13,2p+3a=x15 2,2p+3d=x19,2q=at jr,2q+30=uj,2q+lg=ar,2q+lw=gj,2q+mt=ao kj 16,2r=u9 4w3',
  ',2r+13=aw,2r+me=x7,2r+mw=fw,2s=zl,2s+1f=is,2s+3e=ir,2s+i9=it,2s+lg=b0,2s+lw=gn,2s+mg=gm,2s+mt=7l,2t=tx 3s wvp,2t',
  '+mg=xr,2t+mw=g7,2u=rh br 4yh r24 po,2u+97=ix,2u+me=b6,2u+ms=5ta,2v=b1 5w m8 4qq,2v+lw=gw,2v+mt=dh,2w=xn 51,2w+lw',
  '=h2 wfj,2w+mh=8rs,2w+mt=87 ms,2y=il 9i 2t,2y+mt=g9,2z+lw=bd,2z+mh=8ru,2z+mt=x1d,30=1d 1k 9j 4p 1 9b 4d 3d 7a a 2',
  '0 1m 40 vh2,30+13=169,30+1f=ha,30+30=ch tr,30+33=um,30+37=iy,30+3e=iz,30+mg=h9,30+ms=h7,30+mt=be 5q 5cj 1,30+mw=',
  '8y,30+191=19v,30+19w=19u,32=12w 4 2jo,32+me=he,32+mg=hf,32+mh=bi ex,32+ms=5tc,33=1c pb 4 o 2r 93 2k 2u u 2h 3 k ',
  'w hd 3k 3k 3k 1m 1y 3k s 2s s 2s s u 1y s 5q 3k 99 z 5b cx 20v 2 s30,33+2t=9f,33+33=wwp 52,33+le=1dr,33+mt=hh 8z',
  ' 57 3a w2q,33+mw=6w xmu,33+2ls+33=2n3,33+370=368,33+5qf=hi,34=qp 3j,34+lw=bp,34+mt=5tp,35=10b 20 3,35+lw=io,36=h',
  's c3 4xf s2p 1,36+13=wh,36+32=31 nj 1r,36+32+me=hd,36+32+ms=5tb,36+mg=hp,36+mh=ho,36+ms=5te,36+mt=gd g6,37=cd ig',
  ' 8a vxu,37+37=qa web,37+mg=hu,37+ms=5tg,38+1f=x0p,38+2u=x2v,38+37=iu,38+gl=iw,38+hv=iv,38+lw=bx,38+mg=i0,38+ms=5',
  'th,38+mt=9z,38+mw=8rq,39=i3 8q c8 2gz 270 rcz q7 4,39+2t=5t7,39+33=xur,39+mt=i1 5bp,3a=ql 54 9v 3z 40 4dl,3a+3a=',
  '3b e0 du 58 1w 4ow,3a+3a+me=x29,3a+3a+w6+w7=vx,3c=qv 3i wzy 2,3c+mh=xf,3d=gz 18 84 40 30 2ew 2hx ab rq3,3d+lw=c4',
  ',3d+mt=gf gy,3e=qe 50s,3e+me=f9,3e+mg=i8,3e+ms=5ti,3e+mt=c6,53=x3j,72=cf ft,8o=qi 3k 4wh,8o+mh=wr,8o+mt=wv,b9=zv',
  ',d9=gp hs,d9+33=5qs,d9+33+mt=xtu,d9+33+mw=xtt,d9+ke=gq,fr=12t,gb=5u8,gk=or 51x vo,gk+2t=xuq,gk+mw=xtr,gy=zx,hc=1',
  '2y 2i1,hk=qu 3i 8v 2il,hq+ms=5tf,hv=xu5,i2+mt=5tr,i4=qj 3k fh 40 4dr 4,i4+me=xy,i5=u4 4wh,i5+me=y6,ig=wvd,ih=tu,',
  'ii=x3x,ik=u5,ik+me=y0 2,ik+mh=wz,jt+2q=ui,jt+2q+30=wup,lc=1ub,ld=13w 1 3f 1i li,le=lt ne 4fp,lf=n6 lt,lg=lh no 4',
  'ft,li=lo 2q kq 2 vmq,li+lj=ls rc ex 3k 74 3k 73 3l 3k,lj=ns gx 1 7 1 2 88 e6 o 74 3k 97,lk=1rf,ll=9ik,lm=o6 g9 4',
  'j 3x wz jv 3k a1 1hs d 4d3 j4,ln=18r it,lq=5p6,lu=193,lv=lx lg 1i is,lw=199,ly=5pp,mb=14k h 47 i9 27 3k 3k 3k 3k',
  ' 3hd,mc=1ri 3xs,md=307 6ie,me=m9 6 i,mg=ma 4np,mh=192 4g6,mj=5p1,ml=5p5,mm=5p4,mp=m8 182,mr=nb,mt=mu,mw=mv,nk=nr',
  ' 141 7,nm=1s0,no=1rt,np=1ru,o3=92u,o4=92v,o8=92l,of=92n,qo=u7 4x5,qw=vl,qx=wul a2,ty+mh=wn,ux=xuo,xj=y4,12p=3o4,',
  '13q=14d,13s=14e,13t=148,13u=144,17s+190=1pd,17s+1cr=1g1,17s+1cy=1py,17t=1c3,17x+190=1a9 6p,17x+1cr=1ad,17z+le=1d',
  'a,17z+mc+mb=1pq,17z+179=1ag,17z+1cr=1am,181+le=1db,181+li=1aq,181+li+lj=1q1,181+179=1ap,181+190=1gs,181+1cr=1aw,',
  '182+le=1pu,183+le=1ha,183+1cr=184,185+mc+mb=1pr,185+1cr=1b2,187+1cr=1b3,18h=1bb,18j=1bd 1,18j+1cr=1bh 52,18k+li=',
  '1bp,18k+1cr=1br,18l+1cr=1pj,18m+li=1gp,18m+179=1go,18o=1pt,18o+le=1c9,18o+li=1c6,18o+lv=1c7,18o+19s=1c8,18o+1cr=',
  '1cb,18p=18q 10 24 i 6 dn,18p+le=18d,18p+li=1ce 3s,18p+li+lj=1q2,18p+179=1a1 1u,18p+190=1pk,18p+1cr=17v k 1r 1r k',
  ',18p+1cr+1cy=1pz,18s=1r9 3 9,18t=1rm,18w=lz lf,191=19b,19e=1de,19f=1df,19g=1dg,19i=1di,19l=1dl ha,19s=lp,1a3=1cg',
  ',1ai+179=1aj,1av+179=1gx,1b5=19r gc 1,1b5+1cr=1b8 4,1b6+1cr=1pg,1bg=1gi,1bj=1ps,1bj+1cr=1bo,1cr=59w 17r,1g4=1gn ',
  '8y,1s5+1tq=1s6,1s5+1tq+1ty=1si,1s5+1tq+1tz=1sj,1s5+1tq+1u0=1sk,1s5+1ty=1s4,1s5+1u1=1sh,1sf+1tx=1sd,1sf+1ty=1se,1',
  'sf+1tz=1sg,1tc+1u5+1s7=1s8,1tp=24d,1tt=24h,1tu=24i,1ty=217,1u5=219 3k,1uw=25k,1ux=25l,1uy=25m,1v2=25q,1v5=2mm,1v',
  'n=1z7 e8 3k 3k 3k j9,1vp+1xa=1vq,1vv+1xf=1y8 1,1z9+20u=1za,1z9+214=1zk,1z9+218=1zo,22a+20v=1zb,22a+20w=1zc,22a+2',
  '13=1zj,22b+20x=1zd,22b+20y=1ze,22t+24e=22u,22t+24e+24l=235,22t+24e+24n=237,22t+24e+24o=238,22t+24l=231,22t+24n=2',
  '33,22t+24o=234,26d+27y=26e,29x=2cu,2a0=2b4 e,2a0+2bl=2cr,2a1=2co 81,2a1+2b7=2a2,2a1+2mv=2kq,2a6=2ct,2a8=2ak ao,2',
  'ad=2cn,2ai=2cq,2ai+2bl=2cs,2an+2bj=2m2,2ar=2lf,2ax=2bs,2b7=2c7,2b8=2lw,2ba=2ly,2bj=2m7 1,2dh=2h1,2di=2h2,2dj=2h3',
  ',2dn+2f2=2g0,2do+2f2=2g1,2du=2he,2du+2fg=2dw 3k,2du+2fp=2dv 3k,2e4=2ho,2e6=2hq,2e9+mb=2ea,2eb=2hv,2ef+14s=2ed,2e',
  'k+mb=2el,2en=2i7,2eo+14s=2e8,2ep=2i9,2eq=2ia,2et+mb=2ev,2et+2f2=2ex,2et+2f5=2em,2f5+2f2=2f6,2f7+2f2=2f8,2g7=2jr,',
  '2g8=2js,2gf=2jz,2h8+2im=2jl,2kn+2mv=2ko,2ku+2me=2kw,2ky+2m6=2kz,2ky+2mv=2l0,2la=2n5,2li+2ml+2ls=2nf,2lk+2m9=2ks ',
  'd,2lk+2ml=2nj c,2lk+2ml+2lk=2ng,2ls=2lt,2ls+2ml=2ne i,2lx+2ml+2ls=2ni,2m9=2ma 1,2me+2me=2mg,2oy=2qy,2pb=2qz,2qw+',
  '2q7=2qx,2qw+2qb=2r3,2rm=2rn,2ro=2s4 1,2rq=2sh,2rs=2vc,2ru=2rv,2ry=2rz,2s1=2s7,2sa=2vu,2sb=2vv,2sd=2vx,2se=2vy,2s',
  'f=2vz,2sg=2sm,2si=2vh,2sy=2th,2t0=4on,2t1=4oo,2t2=4op,2t3=4oq,2t4=2wo,2t5=2wp,2tc+2tc=2td,2tk=2x4 1s3,2tl=2x5,2t',
  'm=2x6,2tn=2x7,31e=31m,31k+324+326=2yo,35u+370=35s,35u+37i=39d,35v+37i=38w,36d+370=36n,36d+370+37i=38v,36d+37i=38',
  'm,36m+37g=36x,36m+37g+375+370+37e=36y,37l=38l,399+37i=39a,3cw=3hk,3cw+3cw=3cx 4o,3cw+3cy=3ju,3cw+3cz=3fe,3cw+3d1',
  '=3ib,3cw+3d3=3jv,3cw+3d5=3hm,3cw+3d5+3cw=3ic,3cw+3da=3jw,3cw+3db=3jx,3cw+3de=3jy,3cy=3hn,3cy+3cw=3df 4y,3cy+3cy=',
  '3dg 6j,3cy+3cz=3dh 4x,3cy+3d1=16mj,3cy+3d3=3di,3cy+3d5=3ff 30,3cy+3d8=3fg 28,3cy+3da=16mk,3cy+3dc=3ih,3cy+3de=3f',
  'h 28,3cy+3eo=3ig,3cz=3hq,3cz+3cw=3dj 4z,3cz+3cz=3d0 139l,3cz+3cz+3d3=16mm,3cz+3d1=3fi 31,3cz+3d2=xgg,3cz+3d3=xgh',
  ' 966,3cz+3d5=xgi 966,3cz+3d5+3cw=16mp,3cz+3d8=xgj 967,3cz+3da=16mr,3cz+3dc=16ms,3d1=3hr,3d1+3cw=3hs tys,3d1+3cw+',
  '3cw=xgl 968,3d1+3cw+3d5=3ik,3d1+3cw+3de=16mu,3d1+3cy=3dk 51,3d1+3cz=3im ty0,3d1+3cz+3cz=xgn,3d1+3cz+3de=3in,3d1+',
  '3d1=3dl 53,3d1+3d1+3db=16mv,3d1+3d2=3ht tyv,3d1+3d2+3cw=3ip,3d1+3d2+3d5=3iq,3d1+3d2+3de=16mw,3d1+3d3=3hu tyv,3d1',
  '+3d3+3cz=16mx,3d1+3d3+3d3=xgq,3d1+3d3+3d5=3ir,3d1+3d3+3d7=3it txy,3d1+3d3+3dd=16my,3d1+3d3+3de=3is,3d1+3d5=3hv t',
  'yx,3d1+3d5+3d5=3iu,3d1+3d7=3dn 139e,3d1+3d8=xgt,3d1+3db=3iw txy,3d1+3dc=3hw,3d1+3dd=3hx,3d1+3de=3dm x 3f 135o,3d',
  '1+3eo=3iv,3d1+3f0=16mz,3d1+3fd=3ix,3d1+3fd+3de=16n0,3d2=3hz,3d2+3cw=3iy txx,3d2+3cy=16n2,3d2+3cy+3cy=16n3,3d2+3c',
  'z=xgw,3d2+3d1=3iz,3d2+3d2=16n4,3d2+3d3=3do 5c,3d2+3d3+3d5=16n5,3d2+3d5=3j1 txw,3d2+3d5+3d5=3j2,3d2+3d7=3dp 5h,3d',
  '2+3d8=16n6,3d2+3da=3j4,3d2+3de=3j5,3d2+3eo=3j3,3d3=3i0,3d3+3cw=3dq,3d3+3cy=3dr,3d3+3cz=3ds 139f,3d3+3d1=3j7,3d3+',
  '3d1+3dd=16n8,3d3+3d2=16n9,3d3+3d3=3d4 13a6,3d3+3d3+3d7=3e4,3d3+3d5=3dt 48,3d3+3d5+3cw=3du,3d3+3d5+3cz=3dv 139g,3',
  'd3+3d5+3d3=3dw,3d3+3d5+3d5=3dx,3d3+3d5+3d8=3dy,3d3+3d5+3dc=xgy,3d3+3d7=3e3 57,3d3+3d8=3dz 139d,3d3+3da=3e0 139d,',
  '3d3+3db=xgz,3d3+3dc=3e1,3d3+3dd=3e2 56,3d3+3de=3j9 txr,3d5=3i2,3d5+3cw=3e5 56,3d5+3cy=3e6,3d5+3cz=3e7 55,3d5+3d1',
  '=3e8 55,3d5+3d2=3e9 1395,3d5+3d3=3ea 54,3d5+3d3+3cw=3eb,3d5+3d3+3d7=16nf,3d5+3d5=3d6 4x,3d5+3d5+3cw=16ng,3d5+3d5',
  '+3cz=16nh,3d5+3d5+3d3=xh1,3d5+3d5+3d5=3ec,3d5+3d7=3ed,3d5+3d8=3ee 1395,3d5+3da=3ef 1395,3d5+3db=3eg,3d5+3dc=3eh ',
  '1394,3d5+3dd=3ei,3d5+3eo=16ni,3d7=3i4,3d7+3cw=3ep 4r,3d7+3cw+3cw=3jh,3d7+3cz=3eq,3d7+3d1=xh2,3d7+3d2=3er,3d7+3d3',
  '=3es,3d7+3d5=3et 4s,3d7+3d7=3ev 4n,3d7+3d8=3ew,3d7+3da=3ex,3d7+3db=3jj,3d7+3dc=3ey,3d7+3dd=3ez,3d7+3de=xh3,3d7+3',
  'eo=3eu 4s,3d8=3i5,3d8+3d3=16nr,3d8+3d3+3d3=16ns,3d8+3d7=3f1,3d8+3d8=3d9 13ak,3d8+3d8+3de=xh4,3da=3i6,3da+3db=3f6',
  ',3da+3de=3f7,3db=3i7,3dc=3i8,3dc+3dc=xh5,3dd=3i9,3dd+3d3=3fa 4d,3dd+3d5=16nu,3dd+3d7=3fb 4d,3dd+3dc=16nv,3dd+3de',
  '=xh6,3de=3ia,3de+3cy=3jp,3de+3d1=3jq,3de+3d2=3jr,3de+3d3=3js,3de+3d5=xh7,3de+3de=3fc,3ek+3ek=3el,3em+3em=3en,3eo',
  '=3jf,3eo+3d3=16nn,3eo+3d3+3d7=16no,3f0=3jk,3f0+3d2=16np,3f0+3de=16nq,3f2+3f2=3f3,3f4+3f4=3f5,3fd=3jt,3fd+3fd=xh8',
  ',3fl+3ft=3g6,3fl+3fy=3g7,3fl+9oc=3hf,3fl+ffs=3fm,3fn+3ft=3g8,3fn+3fx=3g9,3fn+3fy=3hg,3fn+ffs=3fo,3fp+3ft=3ga,3fp',
  '+3fy=3gb,3fp+9oc=3gc,3fp+ffs=3fq,3fr+3fn=3hh,3fr+3ft=3gd,3fr+3fy=3ge,3fr+ffs=3fs,3ft+3fl=3fu,3ft+3fl+ffs=3fv,3ft',
  '+3fn=3hi,3ft+3fn+ffs=3hj,3ft+3fp=3gf,3ft+3fp+ffs=3gg,3ft+3fr=16ls,3ft+3fr+ffs=3gh,3ft+3ft=3gi,3ft+3ft+ffs=16lt,3',
  'ft+3fy=3gj,3ft+ffs=3fw,3fx+3fl=16lu,3fx+3fl+ffs=16lv,3fx+3fn=3gk 2,3fx+3fn+ffs=3gl,3fx+3fp=16lw,3fx+3ft=3gn,3fx+',
  'ffs=3go,3fy+3fl=3gp,3fy+3fl+ffs=3gq,3fy+3fp=3fz,3fy+3fp+9oc=3gr,3fy+3fp+ffs=3g0,3fy+3fr=16lx,3fy+3fr+ffs=3gs,3fy',
  '+3fy=3gt,3fy+ffs=3g1,3fy+ffs+ffs=16ly,3g2+3fl=3gu,3g2+3fl+ffs=16lz,3g2+3fp=3gv,3g2+3fp+ffs=3gw,3g2+3fr=3gx,3g2+3',
  'fr+ffs=3gy,3g2+3ft=16m0,3g2+3fy=3gz,3g2+ffs=3h0,3ha+3fl=16md,3ha+3fp=3hb,3ha+3fp+ffs=16me,3ha+3fy=3hc,3ha+3ha=3h',
  'e,3ha+ffs=3hd,3k6=12s,3ou=12j,4o2=4o3,5qm=on 5d,5qm+me+li=wb,5qw=5rd,5qx=un,5qz=qs 3i,5qz+mh=x9,5wf=92g,61r=qc c',
  'a,6i1=wvj,6pu+mt=6o,7sc=9jj 2pw9,8s6=oh,92k=5wu,9ko=9nc,9oc=3g3 byl hrr,9oc+3fl=16m1,9oc+3fp=16m2,9oc+3fp+ffs=16',
  'm3,9oc+3ft=16m4,9oc+3fy=3h1,9oc+9oc=3h2,9oc+ffs=3g4,9oc+ffs+3fy=3h3,ako=dcr,app=beb,bi9=jrd,bmi=kc6,bp1=ph2,bp6=',
  'imo,bp7=dgg,bs3=kx5,cop=vk3,cov=k83,dhf=kdi,dyu=ra6,ffs=3g5,ffs+3fl=3h4,ffs+3fn=3h5,ffs+3fn+3ft=16m5,ffs+3fn+ffs',
  '=16m6,ffs+3fr=16m7,ffs+3fr+ffs=16m8,ffs+3ft=3h6,ffs+3ft+ffs=16m9,ffs+3fx=16ma,ffs+3fy=3h7,ffs+3g2=16mb,ffs+3ha=3',
  'h9,ffs+9oc=3h8,ffs+ffs=16mc,fik=9mz,fjv=9lw,fp1=fsy,ftw=fuk,g2z=9n3,gbf=9m3,ggs=9mw,gkj=9nx 7hm,gur=gv3,h7j=hkb,',
  'hgh=hgr,hij=hkv,hlh=9mn,hwv=hz4,ijp=9m0,ild=ilu,jee=jeg,k7u=k89,kcs=peu,kcv=pg0,kcw=pfu,kcz=phd,kd4=pif,kdf=plz,',
  'kfi=kjj,kv1=kyv,lu0=lzt,npw=nrj,or9=os6,ph8=pj5,q6l=qbj,qif=qip,ram=rct,rk6=rkf,rq4=rqb,ry7=rye,s11=s1m,s5z=s63,',
  's8v=s9z,slq=sm6,t65=t66,trr=trs,v9e=v9f,vdd=vde,wk5=hz,x0n=x3p,x1b=ot,x3b=8w0,x3n=gr 9m 4f 59,1f3c=wwr,1fei=x3v'
].join('')

/** From a code point of folded text to what it is shown as. */
export const CONFUSABLES: ReadonlyMap<string, string> = new Map(TABLE.split(',').flatMap(readEntry))

function readEntry(entry: string): [string, string][] {
  const [target, sources] = entry.split('=')
  const shownAs = String.fromCodePoint(...target!.split('+').map((point) => Number.parseInt(point, 36)))
  let point = 0
  return sources!.split(' ').map((step) => {
    point += Number.parseInt(step, 36)
    return [String.fromCodePoint(point), shownAs]
  })
}
