//! Numbers from 1 to 31 in words, and years.
use super::{DE, EN, ES, FR, IT, Langs, Made, NL, PT, Row, Sense};

const CARDINALS: [(Langs, &str); 7] = [
    (
        EN,
        "one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve,thirteen,fourteen,fifteen,\
         sixteen,seventeen,eighteen,nineteen,twenty,twenty one,twenty two,twenty three,\
         twenty four,twenty five,twenty six,twenty seven,twenty eight,twenty nine,thirty,\
         thirty one",
    ),
    (
        DE,
        "?eins,zwei,drei,vier,funf,sechs,sieben,acht,neun,zehn,elf,zwolf,dreizehn,vierzehn,\
         funfzehn,sechzehn,siebzehn,achtzehn,neunzehn,zwanzig,einundzwanzig,zweiundzwanzig,\
         dreiundzwanzig,vierundzwanzig,funfundzwanzig,sechsundzwanzig,siebenundzwanzig,\
         achtundzwanzig,neunundzwanzig,dreissig,einunddreissig",
    ),
    (
        FR,
        "?un,deux,trois,quatre,cinq,six,sept,huit,neuf,dix,onze,douze,treize,quatorze,quinze,\
         seize,dix sept,dix huit,dix neuf,vingt,vingt et un,vingt deux,vingt trois,vingt quatre,\
         vingt cinq,vingt six,vingt sept,vingt huit,vingt neuf,trente,trente et un",
    ),
    (
        ES,
        "?uno,dos,tres,cuatro,cinco,seis,siete,ocho,nueve,diez,once,doce,trece,catorce,quince,\
         dieciseis,diecisiete,dieciocho,diecinueve,veinte,veintiuno,veintidos,veintitres,\
         veinticuatro,veinticinco,veintiseis,veintisiete,veintiocho,veintinueve,treinta,\
         treinta y uno",
    ),
    (
        IT,
        "?uno,due,tre,quattro,cinque,sei,sette,otto,nove,dieci,undici,dodici,tredici,quattordici,\
         quindici,sedici,diciassette,diciotto,diciannove,venti,ventuno,ventidue,ventitre,\
         ventiquattro,venticinque,ventisei,ventisette,ventotto,ventinove,trenta,trentuno",
    ),
    (
        PT,
        "?um,dois,tres,quatro,cinco,seis,sete,oito,nove,dez,onze,doze,treze,catorze,quinze,\
         dezasseis,dezassete,dezoito,dezanove,vinte,vinte e um,vinte e dois,vinte e tres,\
         vinte e quatro,vinte e cinco,vinte e seis,vinte e sete,vinte e oito,vinte e nove,trinta,\
         trinta e um",
    ),
    (
        NL,
        "?een,twee,drie,vier,vijf,zes,zeven,acht,negen,tien,elf,twaalf,dertien,veertien,vijftien,\
         zestien,zeventien,achttien,negentien,twintig,eenentwintig,tweeentwintig,drieentwintig,\
         vierentwintig,vijfentwintig,zesentwintig,zevenentwintig,achtentwintig,negenentwintig,\
         dertig,eenendertig",
    ),
];

const ENGLISH: &str = "first,second,third,fourth,fifth,sixth,seventh,eighth,ninth,tenth,eleventh,\
    twelfth,thirteenth,fourteenth,fifteenth,sixteenth,seventeenth,eighteenth,nineteenth,twentieth,\
    twenty first,twenty second,twenty third,twenty fourth,twenty fifth,twenty sixth,\
    twenty seventh,twenty eighth,twenty ninth,thirtieth,thirty first";

/// Ordinals that are not made of a cardinal and an ending.
const OTHERS: &[Row] = &[
    (Sense::Ordinal(1), FR, "premier,premiere,premiers,1er"),
    (Sense::Ordinal(2), FR, "deuxieme,deuxiemes,seconde"),
    (Sense::Ordinal(3), FR, "troisieme,troisiemes"),
    (Sense::Ordinal(4), FR, "quatrieme,quatriemes"),
    (Sense::Ordinal(5), FR, "cinquieme"),
    (Sense::Ordinal(-1), FR, "dernier,derniere,derniers"),
    (Sense::Ordinal(1), ES, "primer,primero,primera,primeros"),
    (Sense::Ordinal(2), ES | PT, "segundo,?segunda,segundos"),
    (Sense::Ordinal(3), ES, "tercer,tercero,tercera,terceros"),
    (Sense::Ordinal(4), ES, "cuarto,cuarta,cuartos"),
    (Sense::Ordinal(5), ES | PT | IT, "quinto,?quinta"),
    (Sense::Ordinal(-1), ES | PT | IT, "ultimo,ultima,ultimos"),
    (Sense::Ordinal(1), IT, "primo,prima,primi"),
    (Sense::Ordinal(2), IT, "secondo,seconda"),
    (Sense::Ordinal(3), IT, "terzo,terza"),
    (Sense::Ordinal(4), IT | PT, "quarto,?quarta"),
    (Sense::Ordinal(1), PT, "primeiro,primeira,primeiros"),
    (Sense::Ordinal(3), PT, "terceiro,terceira"),
    (Sense::Ordinal(-1), EN, "last,final"),
    (Sense::Ordinal(-1), DE, "letzter,letzten,letzte,letztes"),
    (Sense::Ordinal(1), NL, "eerste"),
    (Sense::Ordinal(2), NL, "tweede"),
    (Sense::Ordinal(3), NL, "derde"),
    (Sense::Ordinal(-1), NL, "laatste"),
    (Sense::Cardinal(16), PT, "dezesseis"),
    (Sense::Cardinal(17), PT, "dezessete"),
    (Sense::Cardinal(19), PT, "dezenove"),
    (Sense::Cardinal(5), DE, "fuenf"),
    (Sense::Cardinal(12), DE, "zwoelf"),
    (Sense::Cardinal(1), EN | DE, "?ein"),
];

/// Number words of the tables.
pub(super) fn rows() -> impl Iterator<Item = Row> {
    let cardinals = cardinals().map(|(n, langs, word)| (Sense::Cardinal(n), langs, word));
    let english = (1i8..).zip(ENGLISH.split(','));
    let ordinals = english.map(|(n, word)| (Sense::Ordinal(n), EN, word));
    OTHERS.iter().copied().chain(cardinals).chain(ordinals)
}

/// Number words that are made of cardinals.
pub(super) fn made() -> Vec<Made> {
    let all = cardinals().map(|(n, langs, word)| (n, langs, word.trim_start_matches('?')));
    let both = |(n, langs, word)| [year(n, langs, word), germanic(n, langs, word)];
    all.flat_map(both).flatten().collect()
}

fn cardinals() -> impl Iterator<Item = (u8, Langs, &'static str)> {
    let of = |(langs, words): (Langs, &'static str)| {
        let numbered = (1u8..).zip(words.split(','));
        numbered.map(move |(n, word)| (n, langs, word))
    };
    CARDINALS.into_iter().flat_map(of)
}

/// The years from 2001 to 2031.
fn year(n: u8, langs: Langs, word: &str) -> Option<Made> {
    let words = match langs {
        EN if n >= 10 => format!("two thousand {word},two thousand and {word},twenty {word}"),
        EN => format!("two thousand {word},two thousand and {word}"),
        DE => format!("zweitausend{word},zweitausendund{word}"),
        FR => format!("deux mille {word}"),
        ES => format!("dos mil {word}"),
        IT => format!("duemila{word},duemila {word}"),
        PT => format!("dois mil e {word}"),
        NL => format!("tweeduizend {word},tweeduizend{word}"),
        _ => return None,
    };
    Some((Sense::Year(2000 + i16::from(n)), langs, words))
}

/// German and Dutch ordinals: a cardinal with an ending.
fn germanic(n: u8, langs: Langs, word: &str) -> Option<Made> {
    let words = match (langs, n) {
        (DE, _) => {
            let stem = match n {
                1 => "erst".into(),
                3 => "dritt".into(),
                7 => "siebt".into(),
                8 => "acht".into(),
                _ if n < 20 => format!("{word}t"),
                _ => format!("{word}st"),
            };
            format!("{stem}e,{stem}en,{stem}er,{stem}es")
        }
        (NL, 4..) => {
            let long = matches!(n, 8) || n >= 20;
            format!("{word}{}", if long { "ste" } else { "de" })
        }
        _ => return None,
    };
    Some((Sense::Ordinal(n as i8), langs, words))
}
