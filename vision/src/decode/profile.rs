//! Names of colour profiles (ICC.1:2022), so that it can be said which was not applied.

use crate::Note;

/// A note of a profile that is not sRGB's; `None` for sRGB, grey and what is too broken to be
/// named.
pub(super) fn ignored(profile: &[u8]) -> Option<Note> {
    let name = name(profile)?;
    let plain = name.contains("sRGB") || name.contains("IEC61966-2") || is_grey(profile);
    (!plain).then_some(Note::IgnoredProfile(name))
}

fn is_grey(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"GRAY")
}

/// The text of its `desc` tag.
fn name(profile: &[u8]) -> Option<String> {
    let word = |at: usize| {
        let bytes = profile.get(at..at.checked_add(4)?)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize)
    };
    let tags = word(128)?.min(100);
    let entry = (0..tags)
        .map(|tag| 132 + 12 * tag)
        .find(|at| profile.get(*at..at + 4) == Some(b"desc"))?;
    let at = word(entry + 4)?;
    let text = profile.get(at..at.checked_add(word(entry + 8)?)?)?;
    let name = match text.get(..4)? {
        // Version 2: a length, then ASCII. Version 4: records of language, length and offset, then
        // UTF-16.
        b"desc" => String::from_utf8_lossy(text.get(12..)?).into_owned(),
        b"mluc" => {
            let (length, from) = (word(at + 20)?, word(at + 24)?);
            let (pairs, _) = text.get(from..from.checked_add(length)?)?.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            String::from_utf16_lossy(&units)
        }
        _ => return None,
    };
    let shown = name
        .chars()
        .take_while(|c| *c != '\0')
        .filter(|c| !c.is_control());
    let name: String = shown.take(64).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
pub(super) fn named(name: &str) -> Vec<u8> {
    let mut profile = vec![0; 128];
    profile.extend(1_u32.to_be_bytes());
    profile.extend(b"desc");
    profile.extend(144_u32.to_be_bytes());
    profile.extend((12 + name.len() as u32 + 1).to_be_bytes());
    profile.extend(b"desc\0\0\0\0");
    profile.extend((name.len() as u32 + 1).to_be_bytes());
    profile.extend(name.bytes());
    profile.push(0);
    profile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_named_but_for_srgb() {
        let wide = Note::IgnoredProfile("Display P3".into());
        assert_eq!(ignored(&named("Display P3")), Some(wide));
        assert_eq!(ignored(&named("sRGB IEC61966-2.1")), None);
        let whole = named("Adobe RGB (1998)");
        for length in 0..whole.len() - 1 {
            assert_eq!(ignored(&whole[..length]), None);
        }
    }
}
