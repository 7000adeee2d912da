//! Words beside numbers that are neither dates nor times, and words that mean nothing here.
use super::{DE, EN, ES, FR, IT, NL, PT, Row, Sense};

pub(super) const NUMBERS: &[Row] = &[
    // Numbers that are no dates.
    (
        Sense::Founded,
        EN,
        "est,established,since,founded,class of,copyright,in business since,vintage,c",
    ),
    (Sense::Founded, DE, "gegr,gegrundet,seit,erbaut,anno"),
    (
        Sense::Founded,
        FR,
        "depuis,fonde en,fondee en,fonde,cree en,creee en",
    ),
    (Sense::Founded, ES, "desde,fundado en,fundada en,fundado"),
    (
        Sense::Founded,
        IT,
        "dal,fondato nel,fondata nel,fondato,anno",
    ),
    (Sense::Founded, PT, "desde,fundado em,fundada em"),
    (Sense::Founded, NL, "sinds,opgericht,opgericht in,anno"),
    (
        Sense::Street,
        EN,
        "street,?st,lane,road,rd,avenue,ave,terrace,court,crescent,boulevard,blvd,row,gardens,\
         hill,?drive,?way,?close,square,mews,grove,highway,parade,wharf,quay,walk,place,broadway,\
         ?approach",
    ),
    (
        Sense::Street,
        DE,
        "strasse,str,platz,weg,allee,gasse,ring,ufer",
    ),
    (Sense::Street, NL, "straat,laan,plein,kade,gracht"),
    (
        Sense::StreetBefore,
        FR,
        "rue,avenue,place,boulevard,quai,cours,allee,bd",
    ),
    (
        Sense::StreetBefore,
        ES,
        "calle,plaza,avenida,paseo,avda,av,pl,pza",
    ),
    (
        Sense::StreetBefore,
        IT,
        "via,piazza,viale,corso,largo,piazzale",
    ),
    (Sense::StreetBefore, PT, "rua,avenida,praca,largo"),
    (Sense::StreetBefore, DE, "strasse des,platz des"),
    (
        Sense::Numbered,
        EN,
        "ages,age,aged,under,over,no,nos,room,rm,gate,stage,hall,floor,table,level,track,vol,\
         volume,part,act,chapter,episode,season,bus,line,platform,unit,suite,apt,box,lot,pier,\
         page,issue,tel,phone,call,fax,text,section,rule,article,max,min,limit,row,seat,group,\
         number,ticket,tickets,entry,fee,price,cost,version,grade,grades,studio,screen,zip,po box,\
         top,first,only,just,over,week,session,lesson,round,game,court,exit,seats,rooms,pages,kids,\
         children,kindergarten,flight,order",
    ),
    (
        Sense::Numbered,
        DE,
        "ab einem alter von,lektion,woche,kinder von,kinder ab,kinder,nr,saal,\
         raum,halle,zimmer,gleis,linie,band,teil,kapitel,telefon,fon,\
         ruf,tor,tisch,reihe,platz,plz,haus,etage,buhne,gruppe,uber,unter",
    ),
    (
        Sense::Numbered,
        FR,
        "semaine,salle,quai,ligne,porte,no,numero,tarif,telephone,etage,bus",
    ),
    (
        Sense::Numbered,
        ES,
        "sala,puerta,linea,numero,entrada,telefono,piso,nro,anden",
    ),
    (
        Sense::Numbered,
        IT,
        "sala,porta,numero,ingresso,telefono,piano,binario",
    ),
    (
        Sense::Numbered,
        PT,
        "sala,porta,linha,numero,entrada,telefone,andar",
    ),
    (
        Sense::Numbered,
        NL,
        "zaal,kamer,lijn,nummer,spoor,telefoon,entree,hal,nr",
    ),
    (
        Sense::Unit,
        EN,
        "km,mi,mile,miles,k,m,min,mins,minutes,kg,lb,lbs,years,yrs,year,people,persons,guests,\
         friends,kids,seats,tickets,off,percent,cents,dollars,euros,euro,pounds,pts,points,ft,\
         feet,sq,acres,bands,acts,stages,artists,hour,winners,and over,and up,and older,\
         and under,or older,or over,spots,places,gb,mb,usd,eur,gbp,chf",
    ),
    (
        Sense::Unit,
        DE,
        "jahre,jahren,minuten,personen,leute,platze,prozent,meter,stunden",
    ),
    (Sense::Unit, FR, "ans,minutes,personnes,places,metres"),
    (Sense::Unit, ES, "anos,minutos,personas,plazas,metros"),
    (Sense::Unit, IT, "anni,minuti,persone,posti,metri"),
    (Sense::Unit, PT, "minutos,pessoas,lugares,reais"),
    (Sense::Unit, NL, "jaar,minuten,personen,plaatsen"),
    (
        Sense::Amount,
        EN,
        "total,subtotal,sub total,sum,vat,tax,change,cash,card,balance,amount,due,paid,visa,tip,\
         price,usd,eur,gbp,chf,rs",
    ),
    (
        Sense::Amount,
        DE,
        "summe,gesamt,betrag,mwst,ust,bar,netto,brutto,preis,eintritt,vvk,ak",
    ),
    (Sense::Amount, FR, "total ttc,ttc,tva,montant,prix,entree"),
    (Sense::Amount, ES, "iva,importe,precio,cambio,efectivo"),
    (Sense::Amount, IT, "totale,resto,contanti,importo,prezzo"),
    (Sense::Amount, PT, "valor,troco,preco,dinheiro"),
    (Sense::Amount, NL, "totaal,btw,bedrag,prijs,wisselgeld"),
    (
        Sense::Aside,
        EN,
        "deadline,rain date,raindate,rsvp by,rsvp,on sale,presale,register by,apply by,\
         tickets on sale,sale starts,postponed from,originally,not,registration closes,\
         registration ends,entries close,applications close,applications due,submissions close,\
         registration deadline",
    ),
    (
        Sense::Aside,
        DE,
        "anmeldeschluss,anmeldung bis,anmeldung endet,vorverkauf ab,einsendeschluss",
    ),
    (
        Sense::Aside,
        FR | ES | IT | PT | NL,
        "date limite,fecha limite,scadenza",
    ),
    (
        Sense::Aside,
        EN,
        "posted,posted on,published,updated,last updated,printed,issued",
    ),
    (
        Sense::By,
        EN,
        "by,before,due,due by,due on,no later than,not later than,prior to,due date",
    ),
    (Sense::By, DE, "spatestens,vor dem,bis spatestens"),
    (Sense::By, FR, "avant,avant le,au plus tard le"),
    (Sense::By, ES, "antes de,antes del"),
    (Sense::By, IT, "entro,entro il,entro e non oltre il"),
    (Sense::By, PT, "antes de"),
    (Sense::By, NL, "uiterlijk,voor"),
    // Nothing.
    (
        Sense::Filler,
        EN,
        "late,onwards,onward,prompt,local time,only,when,where,approximately,tba,tbc,tbd,\
         save the date,join us,us,please,our,dates,times,days,hours,time,holiday,noon ish",
    ),
    (Sense::Filler, DE, "wann,ende offen,offen,open end,uhr"),
    (Sense::Filler, FR, "quand,heure,horaire,horaires"),
    (Sense::Filler, ES, "cuando,en adelante,horario"),
    (Sense::Filler, IT, "quando,in poi"),
    (Sense::Filler, PT, "quando,em diante"),
    (Sense::Filler, NL, "wanneer"),
];
