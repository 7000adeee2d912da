//! Words beside figures that no day is meant by, whatever sign stands between them.
use super::{ALL, DE, EN, ES, FR, IT, NL, PT, Row, Sense};

pub(super) const LABELS: &[Row] = &[
    (
        Sense::Currency,
        ALL,
        "rs,inr,usd,eur,gbp,chf,cad,aud,nzd,sgd,hkd,jpy,cny,krw,thb,myr,idr,vnd,pkr,lkr,npr,bdt,\
         aed,\
         sar,ils,zar,ngn,kes,ghs,sek,nok,dkk,isk,pln,czk,huf,ron,brl,mxn,ars,clp,cop,kr,zl,euro,\
         euros,dollar,dollars,rupee,rupees",
    ),
    (
        Sense::Currency,
        EN,
        "pounds,quid,pence,cents,bucks,pesos,kroner,rand,francs",
    ),
    (Sense::Currency, DE, "franken,rappen,kronen"),
    (Sense::Currency, FR, "francs,centimes"),
    (Sense::Currency, ES, "pesos,soles,dolares"),
    (Sense::Currency, PT, "reais,dolares"),
    // What is paid.
    (
        Sense::Label,
        EN,
        "fee,fees,price,prices,cost,costs,cover charge,admission,tickets,donation,donations,\
         deposit,\
         surcharge",
    ),
    (
        Sense::Label,
        DE,
        "eintritt,preis,preise,gebuhr,gebuhren,kosten,unkostenbeitrag,abendkasse,spende,karten",
    ),
    (Sense::Label, FR, "prix,tarif,tarifs,cout,billets"),
    (Sense::Label, ES, "precio,precios,coste,costo,cuota,boletos"),
    (
        Sense::Label,
        IT,
        "prezzo,prezzi,costo,ingresso,biglietto,biglietti,quota",
    ),
    (Sense::Label, PT, "preco,precos,ingressos,bilhete,bilhetes"),
    (Sense::Label, NL, "prijs,prijzen,kosten,toegang,entree"),
    // What is counted or numbered.
    (
        Sense::Label,
        EN,
        "vol,volume,page,pages,pp,issue,version,chapter,episode,grade,grades,size,sizes,score,\
         ratio,\
         section,article,apt,apartment,flat,suite,unit,plot,plot no,sector,hwy,highway,zip,\
         pin,pincode,po box",
    ),
    (
        Sense::Label,
        DE,
        "seite,seiten,kapitel,hausnr,hausnummer,wohnung,postfach,plz",
    ),
    (Sense::Label, FR, "tome,chapitre,numero,appartement,appt"),
    (Sense::Label, ES, "pagina,capitulo,numero,apartamento"),
    (Sense::Label, IT, "pagina,capitolo,numero,interno"),
    (Sense::Label, PT, "pagina,capitulo,numero,apartamento"),
    (Sense::Label, NL, "pagina,hoofdstuk,nummer,postbus"),
    (Sense::Label, ALL, "no,nos,nr"),
    // What is dialled.
    (
        Sense::Phone,
        ALL,
        "tel,phone,telephone,fax,mob,mobile,whatsapp,sms,hotline,telefon,telefono,telefone,\
         telefoon,handy,movil",
    ),
    (Sense::Phone, EN, "call,ph,cell,text,call us,call now"),
    (Sense::Phone, DE, "fon,mobil,ruf"),
];
