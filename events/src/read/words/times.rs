//! Words beside times.
use super::{ALL, DE, EN, ES, FR, IT, NL, PT, Row, Sense};

pub(super) const TIMES: &[Row] = &[
    // After a number.
    (Sense::Suffix, EN, "st,nd,rd,th"),
    (Sense::Suffix, FR, "er,ers,es,re,eme,e,nd,nde,ere,ieme"),
    (Sense::Suffix, NL, "e,ste,de"),
    (Sense::Suffix, DE, "ter,ten,te"),
    (
        Sense::Suffix,
        ES | IT | PT,
        "o,a,er,ero,era,do,da,ro,ra,to,ta",
    ),
    (Sense::Am, ALL, "am,a m"),
    (Sense::Pm, ALL, "pm,p m"),
    (Sense::HourUnit, ALL, "h,hrs,hr,uhr,hs"),
    (Sense::HourUnit, EN, "hours"),
    (Sense::HourUnit, FR, "heures,heure"),
    (Sense::HourUnit, ES | PT, "horas,hora"),
    (Sense::HourUnit, NL, "uur,u"),
    (Sense::OClock, EN, "o clock,oclock,ish"),
    (Sense::OClock, FR, "precises,pile"),
    (Sense::OClock, ES, "en punto"),
    (Sense::OClock, EN, "sharp"),
    // Parts of an hour.
    (Sense::Minutes(40), EN, "forty"),
    (Sense::Minutes(45), EN, "forty five"),
    (Sense::Minutes(50), EN, "fifty"),
    (Sense::Before(30), EN, "half past,half after"),
    (
        Sense::Before(15),
        EN,
        "quarter past,a quarter past,quarter after",
    ),
    (Sense::Before(-15), EN, "quarter to,a quarter to,quarter of"),
    (Sense::Before(-30), DE, "halb"),
    (Sense::Before(15), DE, "viertel nach"),
    (Sense::Before(-15), DE, "viertel vor,dreiviertel"),
    (Sense::Before(-30), NL, "half"),
    (Sense::Before(15), NL, "kwart over"),
    (Sense::Before(-15), NL, "kwart voor"),
    (Sense::After(30), FR, "et demie,et demi"),
    (Sense::After(15), FR, "et quart"),
    (Sense::After(-15), FR, "moins le quart"),
    (Sense::After(30), ES, "y media"),
    (Sense::After(15), ES, "y cuarto"),
    (Sense::After(-15), ES, "menos cuarto"),
    (Sense::After(30), IT, "e mezza,e mezzo,e trenta"),
    (Sense::After(15), IT, "e un quarto"),
    (Sense::After(30), PT, "e meia"),
    (Sense::After(15), PT, "e um quarto,e quinze"),
    // What a time is the time of.
    (
        Sense::Doors,
        EN,
        "doors open,doors,door,admission from,admission,gates open,gates,registration,check in,\
         doors open at,opens,open,early entry",
    ),
    (
        Sense::Doors,
        DE,
        "einlass,einlass ab,turen,offnung,saaloffnung,einlass um",
    ),
    (
        Sense::Doors,
        FR,
        "ouverture des portes,portes,ouverture,accueil",
    ),
    (Sense::Doors, ES, "apertura de puertas,puertas,apertura"),
    (
        Sense::Doors,
        IT,
        "apertura porte,porte,apertura,apertura cancelli",
    ),
    (
        Sense::Doors,
        PT,
        "abertura das portas,abertura de portas,portas,abertura",
    ),
    (
        Sense::Doors,
        NL,
        "deuren open,deuren,zaal open,deur open,inloop",
    ),
    (
        Sense::Show,
        EN,
        "show,showtime,starts,start,begins,begin,music,concert,starting,kick off,kickoff,live,\
         show time,start time,performance,screening,film",
    ),
    (
        Sense::Show,
        DE,
        "beginn,beginnt,start,konzert,konzertbeginn,showbeginn,los geht s,anfang",
    ),
    (
        Sense::Show,
        FR,
        "debut,debut du concert,spectacle,concert,seance",
    ),
    (Sense::Show, ES, "comienzo,inicio,concierto,funcion,empieza"),
    (
        Sense::Show,
        IT,
        "inizio,inizio concerto,inizio spettacolo,concerto,spettacolo",
    ),
    (Sense::Show, PT, "inicio,concerto,espetaculo,comeca"),
    (
        Sense::Show,
        NL,
        "aanvang,begin,start,aanvang concert,voorstelling",
    ),
    (
        Sense::End,
        EN,
        "ends,end,ends at,finish,finishes,close,closes,closing,curfew,check out,arrives,end date",
    ),
    (Sense::End, DE, "ende,schluss,abreise"),
    (Sense::End, FR | ES, "fin"),
    (Sense::End, IT, "fine,termine"),
    (Sense::End, PT, "fim,termino"),
    (Sense::End, NL, "einde,eind"),
];
