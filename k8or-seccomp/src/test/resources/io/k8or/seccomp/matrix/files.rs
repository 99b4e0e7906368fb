// Files, as the standard library has them.
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};

fn main() -> std::io::Result<()> {
    let folder = std::env::temp_dir().join(format!("matrix{}", std::process::id()));
    fs::create_dir(&folder)?;
    let path = folder.join("a");
    let mut file = fs::OpenOptions::new().read(true).write(true).create(true).open(&path)?;
    file.write_all(b"hello")?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    fs::rename(&path, folder.join("b"))?;
    let count = fs::read_dir(&folder)?.count();
    fs::remove_file(folder.join("b"))?;
    fs::remove_dir(&folder)?;
    println!("{} {}", count, text);
    Ok(())
}
