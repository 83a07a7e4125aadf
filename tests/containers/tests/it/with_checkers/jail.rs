//! A container's file system without a container: a folder that holds what the image's final stage
//! holds and no more. Root locks the process in it, as the user that the container has; without
//! root it runs outside, with its paths led there.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Command,
};

use xtask::{
    account::is_root,
    paths::{on_path, own_binaries},
    test::CONTAINERS,
};

use super::model::Container;

/// What the final stage has of shared libraries and these programs may need.
const LIBRARIES: [&str; 6] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
    "linux-vdso.so.1",
];
/// And of data: the services do not start without certificates.
const DATA: [&str; 2] = ["/usr/share/zoneinfo", "/etc/ssl/certs/ca-certificates.crt"];

/// The folder and who is in it.
pub struct Jail {
    folder: PathBuf,
    user: (u32, u32),
    volumes: Vec<PathBuf>,
}

impl Jail {
    /// Makes the folder.
    pub fn build(folder: PathBuf, container: Container<'_>) -> Self {
        let jail = Self {
            folder,
            user: container.user(),
            volumes: container.volumes(),
        };
        let program = PathBuf::from(&container.line()[0]);
        let built = programs().join(program.file_name().unwrap());
        jail.take(&built, &program);
        for library in libraries(&built) {
            jail.take(&library, &library);
        }
        for data in DATA {
            let to = jail.inside(Path::new(data));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            let copied = Command::new("cp").arg("-a").arg(data).arg(&to).status();
            assert!(copied.unwrap().success(), "{data}");
        }
        for volume in &jail.volumes {
            let volume = jail.inside(volume);
            fs::create_dir_all(&volume).unwrap();
            if is_root() {
                chown(volume, Some(jail.user.0), Some(jail.user.1)).unwrap();
            }
        }
        jail
    }

    /// Where a path of the container is.
    pub fn inside(&self, path: &Path) -> PathBuf {
        self.folder.join(path.strip_prefix("/").unwrap())
    }

    /// A command in it, with this environment alone.
    pub fn command(&self, line: &[String], env: &BTreeMap<String, String>) -> Command {
        let mut command;
        if is_root() {
            let (uid, gid) = self.user;
            command = Command::new(on_path("chroot").unwrap());
            command
                .arg(format!("--userspec={uid}:{gid}"))
                .arg("--groups=")
                .arg(&self.folder)
                .args(line);
            command.env_clear().envs(env);
        } else {
            let program = self.inside(Path::new(&line[0]));
            command = Command::new(program);
            command.args(&line[1..]).current_dir(&self.folder);
            command.env_clear();
            for (name, value) in env {
                command.env(name, self.led_in(value));
            }
        }
        command
    }

    /// All that is in it beside the volumes, with sizes and times.
    pub fn contents(&self) -> BTreeMap<PathBuf, String> {
        let mut contents = BTreeMap::new();
        self.list(&self.folder, &mut contents);
        contents
    }

    fn list(&self, folder: &Path, contents: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if self
                .volumes
                .iter()
                .any(|volume| self.inside(volume) == path)
            {
                continue;
            }
            let data = fs::symlink_metadata(&path).unwrap();
            let about = format!("{} bytes of {:?}", data.len(), data.modified().unwrap());
            contents.insert(path.clone(), about);
            if data.is_dir() {
                self.list(&path, contents);
            }
        }
    }

    fn led_in(&self, value: &str) -> String {
        let volumes = self.volumes.iter().map(|volume| volume.to_str().unwrap());
        volumes.fold(value.to_owned(), |value, volume| {
            let inside = self.inside(Path::new(volume));
            value.replace(volume, inside.to_str().unwrap())
        })
    }

    fn take(&self, from: &Path, to: &Path) {
        let to = self.inside(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let from = fs::canonicalize(from).unwrap();
        if fs::hard_link(&from, &to).is_err() {
            fs::copy(from, &to).unwrap();
        }
    }
}

/// Where the programs are that the image would hold: those that the run was told of, else those that
/// were built together with this one.
pub fn programs() -> PathBuf {
    env::var_os(CONTAINERS).map_or_else(|| own_binaries().unwrap(), PathBuf::from)
}

/// The libraries that a program is linked with.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = Path::new(words[0]).file_name().unwrap().to_str().unwrap();
        assert!(LIBRARIES.contains(&name), "the image has no {name}");
        let path = words.iter().find(|word| word.starts_with('/'));
        found.extend(path.map(PathBuf::from));
    }
    assert!(found.len() >= 3, "{text}");
    found
}
