using GitOps.Manifests;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>
/// A fleet in which every place can be written in several ways: right, otherwise right, elsewhere, wrong, broken or not at
/// all. An edit is a choice of one of them.
/// </summary>
internal static class EditedFleet
{
    private const string Api = "apiVersion: gitops.edge/v1\n";
    private static readonly (string Path, string Text) Broken = ("", "");

    /// <summary>The first way of each is right, and all first ways together compile.</summary>
    public static IReadOnlyList<IReadOnlyList<(string Path, string Text)>> Places { get; } =
    [
        [
            ("fleet.yaml", Fleet("{root: /srv, greeting: hello, port: 80, deep: {a: 1}}")),
            ("fleet.yaml", Fleet("{root: /opt, greeting: hello, port: 81, deep: {a: 2}}")),
            ("fleet.yaml", Fleet("{root: /srv, greeting: hello, port: 80, deep: {a: 1}}") + "  confirmRemoval: abc\n"),
            ("fleet.yaml", Fleet("{root: /srv}")),
            ("other/fleet.yaml", Fleet("{root: /srv, greeting: hello, port: 80, deep: {a: 1}}")),
            ("fleet.yaml", "kind: ["),
            Broken,
        ],
        .. Enumerable.Range(0, 6).Select(i => (IReadOnlyList<(string, string)>)
        [
            Node(i, $"{{role: {(i % 2 == 0 ? "press" : "mixer")}}}", $"{{site: s{i % 2}}}"),
            Node(i, "{role: press, line: l1}", $"{{site: s{i % 2}, values: {{greeting: mine, number: {i}}}}}"),
            Node(i, "{role: mixer}", "{site: s1, suspend: {reason: repair}}"),
            Node(i, "{role: press}", "{site: nowhere}"),
            Node(i, "{role: oven}", "{}"),
            ($"moved/n{i}.yml", Node(i, "{role: press}", "{site: s0}").Text),
            ($"nodes/n{i}.yaml", Node(0, "{role: press}", "{}").Text),
            ($"nodes/n{i}.yaml", Node(i, "{role: press}", "{sight: s0}").Text),
            ($"nodes/n{i}.yaml", "apiVersion: [\n"),
            Broken,
        ]),
        .. Enumerable.Range(0, 2).Select(i => (IReadOnlyList<(string, string)>)
        [
            ("sites.yaml-" + i, Document("Site", $"s{i}", "timeZone: Europe/Berlin\nvalues: {greeting: hi}")),
            ("sites.yaml-" + i, Document("Site", $"s{i}", "timeZone: Asia/Tokyo\nvalues: {port: 90}\nsuspend: {reason: holiday}")),
            ("sites.yaml-" + i, Document("Site", $"site{i}", "timeZone: Europe/Berlin")),
            ("sites.yaml-" + i, Document("Site", $"s{i}", "uplink: {downloadWindows: [22:00-05:00]}\ntimeZone: Asia/Tokyo")),
            ("sites.yaml-" + i, Document("Site", $"s{i}", "uplink: {downloadBudget: {size: 1Gi}}\nvalues: {port: 90}")),
            ("sites.yaml-" + i, Document("Site", $"s{i}", "timezone: Europe/Berlin")),
            Broken,
        ]),
        .. Enumerable.Range(0, 2).Select(i => (IReadOnlyList<(string, string)>)
        [
            ($"groups/g{i}.yaml", Document("NodeGroup", $"g{i}", $"selector: {{matchLabels: {{role: {(i == 0 ? "press" : "mixer")}}}}}\npriority: {i}\nvalues: {{greeting: group {i}}}")),
            ($"groups/g{i}.yaml", Document("NodeGroup", $"g{i}", "selector: {matchExpressions: [{key: role, operator: NotIn, values: [mixer]}]}\npriority: 1\nvalues: {deep: {b: 3}}")),
            ($"groups/g{i}.yaml", Document("NodeGroup", $"g{i}", $"selector: {{matchLabels: {{role: press}}}}\npriority: 1\nvalues: {{deep: {{a: {i}}}}}")),
            ($"groups/g{i}.yaml", Document("NodeGroup", $"g{i}", "selector: {matchLabels: {role: nobody}}\npriority: 4\nvalues: {}")),
            Broken,
        ]),
        [
            ("apps/motd.yaml", Document("ConfigFile", "motd", "placement: {all: true}\npath: \"{{ values.root }}/motd\"\nsource: motd.txt.sbn")),
            ("apps/motd.yaml", Document("ConfigFile", "motd", "placement: {matchLabels: {role: press}}\npath: /etc/motd\nsource: motd.txt.sbn\nrestart: [web]")),
            ("apps/motd.yaml", Document("ConfigFile", "motd", "placement: {all: true}\npath: /etc/motd\nsource: \"{{ values.greeting }}.sbn\"")),
            ("apps/motd.yaml", Document("ConfigFile", "motd", "placement: {nodes: [n1, n9]}\npath: /etc/motd\nsource: mtd.txt.sbn")),
            ("apps/motd.yaml", Document("ConfigFile", "greeting", "placement: {all: true}\nmovedFrom: motd\npath: /etc/motd\ncontent: \"{{ values.greeting }} {{ site.name }}\"")),
            ("apps/motd.yaml", Document("ConfigFile", "motd", "placement: {all: true}\npath: /srv/data\ncontent: x")),
            Broken,
        ],
        [
            ("apps/motd.txt.sbn", "{{ values.greeting }} from {{ node.name }}\n"),
            ("apps/motd.txt.sbn", "{{ values.greeting }}\n"),
            ("apps/motd.txt.sbn", new string('m', 5000)),
            ("apps/motd.txt.sbn", "{{ values.nothing }}\n"),
            ("apps/motd.txt.sbn", "{{ secret \"db/password\" }}\n"),
            ("apps/hello.sbn", "{{ node.labels.role }}\n"),
            Broken,
        ],
        [
            ("apps/web.yaml", Document("Workload", "web", "placement: {all: true}\nrequires: [clock]\nprocess:\n  command: [./web]\n  files: [{name: web, source: web.yml}]\n  ports: [\"{{ values.port }}\"]\n  env: {A: \"{{ values.deep.a }}\"}")),
            ("apps/web.yaml", Document("Workload", "web", "placement: {matchLabels: {role: press}}\nrequires: [volume/data, device/plc]\nprocess: {command: [./web], ports: [80]}")),
            ("apps/web.yaml", Document("Workload", "web", "placement: {all: true}\nprocess: {command: [\"{{ values.greeting }}\"], env: {T: \"{{ secret \\\"db/password\\\" }}\"}}")),
            ("apps/web.yaml", Document("Workload", "web", "placement: {all: true}\nrequires: [workload/api]\nprocess: {command: [./web]}")),
            Broken,
        ],
        [
            ("apps/web.yml", "some: data\nlist: [1, 2]\n"),
            ("apps/web.yml", "some: other\n"),
            ("apps/web.yml", Document("Volume", "more", "placement: {all: true}\npath: /srv/data/more")),
            Broken,
        ],
        [
            ("apps/api.yaml", Document("Workload", "api", "placement: {matchLabels: {role: mixer}}\nrequires: [workload/web]\nprocess: {command: [./api], ports: [8080]}")),
            ("apps/api.yaml", Document("Workload", "api", "placement: {matchLabels: {role: mixer}}\nprocess: {command: [./api], ports: [80]}")),
            Broken,
        ],
        [
            ("data.yaml", Document("Volume", "data", "placement: {all: true}\npath: \"{{ values.root }}/data\"\nsize: 10Mi")),
            ("data.yaml", Document("Volume", "data", "placement: {matchLabels: {role: press}}\npath: /srv/data\nrequires: [clock]")),
            Broken,
        ],
        [
            ("time.yaml", Document("TimeSync", "time", "placement: {all: true}\nservers: [pool.ntp.org]")),
            ("time.yaml", Document("TimeSync", "clock", "placement: {matchLabels: {role: press}}\nservers: [\"{{ values.greeting }}\"]")),
            ("time.yaml", Document("TimeSync", "time", "placement: {all: true}\nrequires: [workload/web]\nservers: [pool.ntp.org]")),
            Broken,
        ],
        [
            Broken,
            ("time2.yaml", Document("TimeSync", "second", "placement: {matchLabels: {role: mixer}}\nservers: [pool.ntp.org]")),
        ],
        [
            ("secrets.yaml", Document("Secret", "db", "placement: {all: true}\nfile: /etc/db\nkeys: [user, password]\nversion: \"1\"")),
            ("secrets.yaml", Document("Secret", "db", "placement: {matchLabels: {role: press}}\nfile: /etc/db\nkeys: [user, password]\nversion: \"1\"")),
            ("secrets.yaml", Document("Secret", "db", "placement: {all: true}\nfile: /etc/db\nkeys: [user, password]\nversion: \"2\"")),
            Broken,
        ],
        [
            ("sync.yaml", Document("VolumeSync", "recipes", "placement: {matchLabels: {role: press}}\nvolume: data\nfolder: recipes\nmode: pull\nremote: {local: {path: /mnt}}\nwindows: [22:00-05:00]")),
            ("sync.yaml", Document("VolumeSync", "recipes", "placement: {matchLabels: {role: press}}\nvolume: data\nmode: push\nremote: {webdav: {url: \"http://nas/{{ values.greeting }}\", user: a, password: db/password}}")),
            ("sync.yaml", Document("VolumeSync", "recipes", "placement: {all: true}\nvolume: data\nmode: push\nremote: {webdav: {url: http://nas/, password: db/pin}}")),
            ("sync.yaml", Document("VolumeSync", "recipes", "placement: {all: true}\nvolume: more\nmode: pull\nremote: {local: {path: /mnt}}")),
            Broken,
        ],
        [
            ("plc/model.yaml", Document("DeviceModel", "boiler", "protocol: simulated\nproperties: [{name: level, type: int16, access: rw, maximum: 100}]")),
            ("plc/model.yaml", Document("DeviceModel", "boiler", "protocol: simulated\nproperties: [{name: level, type: int16, access: rw, maximum: 50}]")),
            ("plc/model.yaml", Document("DeviceModel", "kettle", "protocol: simulated\nproperties: [{name: level, type: int16, access: rw}]")),
            Broken,
        ],
        [
            ("plc/plc.yaml", Document("Device", "plc", "node: n0\nmodel: boiler\nconnection: {seed: 1}\ndesired: {level: 70}")),
            ("plc/plc.yaml", Document("Device", "plc", "node: n1\nmodel: boiler\nconnection: {seed: 2}\ndesired: {level: \"{{ values.port }}\"}")),
            ("plc/plc.yaml", Document("Device", "plc", "node: n1\nmodel: boiler\nconnection: {}\ndesired: {lvl: 7}")),
            Broken,
        ],
        [
            ("inventory.yaml", Document("NodeInventory", "racks", "source: racks.csv\ndefaults: {site: s0}")),
            ("inventory.yaml", Document("NodeInventory", "racks", "source: racks.csv\ndefaults: {site: s1, labels: {role: mixer}}")),
            ("inventory.yaml", Document("NodeInventory", "racks", "source: other.csv")),
            ("inventory.yaml", Document("NodeInventory", "racks", "sorce: racks.csv")),
            Broken,
        ],
        [
            ("racks.csv", "name,labels.role,values.number\nr1,press,1\nr2,mixer,2\nr3,press,3\n"),
            ("racks.csv", "name,labels.role,values.number\nr1,press,1\nr2,mixer,22\nr3,press,3\n"),
            ("racks.csv", "name,labels.role,values.number\nr0,mixer,0\nr1,press,1\nr2,mixer,2\nn3,press,3\n"),
            ("racks.csv", "name,labels.role,values.number\nr1,press\nr2,mixer,2\n"),
            ("racks.csv", "name,labels.roll,vals\nr1,press,2\n"),
            Broken,
        ],
        [
            Broken,
            (".gitopsignore", "nodes/n1.yaml\nplc\n"),
            (".gitopsignore", "groups # all of them\n"),
            (".gitopsignore", "edgex\nkubeedge/scale.yaml\napps/pod.yml\n"),
        ],
        .. EditedForeignFiles.Places,
    ];

    /// <summary>The tree with each place written in the way chosen for it.</summary>
    public static IReadOnlyList<SourceFile> Files(IReadOnlyList<int> choices) =>
    [
        .. choices.Select((choice, place) => Places[place][choice % Places[place].Count])
            .Where(way => way != Broken)
            .Select(way => (Path: way.Path.Split('-')[0], way.Text))
            .GroupBy(way => way.Path)
            // Several places may share a file: one document each.
            .Select(file => Trees.File(file.Key, string.Join("---\n", file.Select(way => way.Text)))),
    ];

    private static string Fleet(string values) => Document("Fleet", "edited", $"uid: 11111111-2222-3333-4444-555555555555\nvalues: {values}");

    private static (string Path, string Text) Node(int i, string labels, string spec) =>
        ($"nodes/n{i}.yaml", $"{Api}kind: EdgeNode\nmetadata: {{name: n{i}, labels: {labels}}}\nspec: {spec}\n");

    internal static string Document(string kind, string name, string spec) =>
        $"{Api}kind: {kind}\nmetadata: {{name: {name}}}\nspec:\n{string.Concat(spec.Split('\n').Select(line => $"  {line}\n"))}";
}
