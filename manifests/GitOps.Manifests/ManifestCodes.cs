using GitOps.Bundles;

namespace GitOps.Manifests;

/// <summary>What can be wrong with what people write: MAN001 to MAN109.</summary>
public static class ManifestCodes
{
    public static readonly ErrorCode Syntax = new("MAN001", "a file is not YAML",
        "The YAML of this file ends or breaks where the message says. Nothing after that place was read.");

    public static readonly ErrorCode TooLarge = new("MAN002", "a manifest file is too large",
        "A manifest file is read whole, so its size is bounded. Large content belongs into a file that 'source' names.");

    public static readonly ErrorCode TooDeep = new("MAN003", "YAML is nested too deeply",
        "Nesting is bounded, because a parser's time and stack are.");

    public static readonly ErrorCode NotText = new("MAN004", "a manifest file is not printable UTF-8",
        "Manifests are UTF-8 without control characters, so that what a person sees is what is read.");

    public static readonly ErrorCode DuplicateKey = new("MAN005", "a key is written twice",
        "YAML leaves open which of the two counts.");

    public static readonly ErrorCode AliasBudget = new("MAN006", "aliases expand to too much",
        "A few lines of YAML aliases can stand for millions of values; what they expand to is bounded.");

    public static readonly ErrorCode UnsupportedYaml = new("MAN007", "a part of YAML that manifests do not use",
        "Tags, merge keys ('<<') and keys that are not plain text are refused, because readers disagree about them.");

    public static readonly ErrorCode UnquotedTemplate = new("MAN008", "a template is not quoted",
        "Without quotes YAML reads '{{' as the start of a mapping, or a '#' or ': ' inside the expression as its own.");

    public static readonly ErrorCode SurprisingScalar = new("MAN009", "a value that YAML versions read differently",
        "YAML 1.1 reads no, on, 010 and 12:30 as a boolean, a boolean, eight and 750; manifests are YAML 1.2, where they are text or ten.");

    public static readonly ErrorCode ReaderFailed = new("MAN010", "the YAML reader gave up",
        "The file is so malformed, often by a bracket that is not closed, that the YAML parser failed without a place. The finding names how far it came.");

    public static readonly ErrorCode NotAManifest = new("MAN011", "a YAML document is not one of ours",
        "Every document of a .yaml or .yml file says apiVersion: gitops.edge/v1, unless another manifest names the file as a source or .gitopsignore lists it.");

    public static readonly ErrorCode UnknownKind = new("MAN012", "an unknown kind",
        "The kind is none that this version knows.");

    public static readonly ErrorCode NotEnforcedYet = new("MAN013", "a kind or field that is not enforced yet",
        "It is part of the language, and this version would not act on it. It is refused rather than accepted without effect.");

    public static readonly ErrorCode UnknownField = new("MAN014", "an unknown field",
        "A field that nothing reads is nearly always a misspelt one.");

    public static readonly ErrorCode MissingField = new("MAN015", "a required field is missing",
        "The resource cannot be understood without it.");

    public static readonly ErrorCode WrongType = new("MAN016", "a value of the wrong type",
        "The field takes another type of value than the one written.");

    public static readonly ErrorCode InvalidValue = new("MAN017", "a value outside of what the field takes",
        "The value has the right type and is not one the field accepts.");

    public static readonly ErrorCode TemplateNotAllowed = new("MAN018", "a template where none may be",
        "Names, labels, selectors, kinds, references and requires decide what is rendered where, so they cannot themselves be rendered.");

    public static readonly ErrorCode NoValue = new("MAN019", "a field without a value",
        "An empty value is null in YAML; manifests have no null, and in 'values' it is nearly always a comma in text without quotes.");

    public static readonly ErrorCode InvalidName = new("MAN020", "a name that is not an RFC 1123 label",
        "Names become parts of topics, paths and units on the node: a-z, 0-9 and inner hyphens, at most 63 characters.");

    public static readonly ErrorCode MissingPlacement = new("MAN021", "a resource does not say on which nodes it is",
        "An omitted selector could mean all nodes or none; it has to be said.");

    public static readonly ErrorCode ExclusiveFields = new("MAN022", "fields that exclude each other",
        "Exactly one of a group of fields has to be written.");

    public static readonly ErrorCode ReservedLabel = new("MAN023", "a label with a reserved prefix",
        "Labels below gitops.edge/ follow from the node itself and cannot be written.");

    public static readonly ErrorCode FleetCount = new("MAN030", "not exactly one Fleet",
        "One repository describes one fleet.");

    public static readonly ErrorCode DuplicateResource = new("MAN031", "two resources of one kind and name",
        "A kind and a name address one resource.");

    public static readonly ErrorCode DanglingReference = new("MAN032", "a reference to something that is not there",
        "The resource refers to another by a name that no resource of that kind has.");

    public static readonly ErrorCode GroupConflict = new("MAN033", "two groups of one priority disagree",
        "Which of the two values wins would depend on the order of names; a higher priority has to say so.");

    public static readonly ErrorCode PlacedNowhere = new("MAN034", "a placement that selects no node",
        "The resource has no effect. Its placement may be misspelt, or its nodes do not exist yet.");

    public static readonly ErrorCode PathClaimedTwice = new("MAN035", "two units claim one path on one node",
        "Each would overwrite what the other writes.");

    public static readonly ErrorCode PortClaimedTwice = new("MAN036", "two workloads claim one port on one node",
        "Only one of them could listen.");

    public static readonly ErrorCode RequiresCycle = new("MAN037", "requires go round in a circle",
        "Each would wait for the other for ever.");

    public static readonly ErrorCode TwoClocks = new("MAN038", "two TimeSyncs on one node",
        "A node has one clock.");

    public static readonly ErrorCode SourceMissing = new("MAN039", "a source file that is not in the repository",
        "A 'source' is relative to the manifest that names it.");

    public static readonly ErrorCode SourceOutside = new("MAN040", "a source outside of the repository",
        "A revision is complete in itself: nothing outside of it is read.");

    public static readonly ErrorCode DesiredValue = new("MAN041", "a desired value that the property cannot take",
        "The value is checked against the device model here, so that it is never sent to the device.");

    public static readonly ErrorCode DeviceConnection =
        new("MAN042", "a connection or property that does not fit the protocol",
        "What a device needs to be reached depends on the protocol of its model.");

    public static readonly ErrorCode MovedFrom = new("MAN043", "movedFrom names something that is still there",
        "movedFrom says that a resource was renamed; the old name must be gone and claimed by one resource only.");

    public static readonly ErrorCode RequirementElsewhere =
        new("MAN044", "a requirement or restart that is not on the same node",
        "A unit waits for units of its own node and restarts no others; one that is placed elsewhere never becomes ready there.");

    public static readonly ErrorCode BrokenTable = new("MAN050", "a table that cannot be read",
        "An inventory is CSV as RFC 4180 describes it, or a JSON list of objects, in UTF-8. The finding names the place in the table.");

    public static readonly ErrorCode TableColumn = new("MAN051", "a column of an inventory that is not understood",
        "Each column is a field of the nodes, by its own name or as 'columns' of the NodeInventory says; a column nobody reads is said with 'ignore'.");

    public static readonly ErrorCode TableRow = new("MAN052", "a row of an inventory that does not fit its header",
        "Each row has as many cells as the header has columns, and a name.");

    public static readonly ErrorCode Unsupported = new("MAN060", "a part of a Pod or Compose file that a node cannot act on",
        "Everything in a Pod or Compose file is either done or named. docs/containers.md lists what is done; the fix says what does the same here.");

    public static readonly ErrorCode WithoutMeaning = new("MAN061", "a part of a Pod or Compose file without effect on a node",
        "It tells a cluster or a developer's machine something that a node has no use for; leaving it changes nothing.");

    public static readonly ErrorCode ImageNotPinned = new("MAN062", "an image without a digest",
        "A tag can be moved without a commit: two nodes, or one node on two days, would run different things.");

    public static readonly ErrorCode GroupClash = new("MAN063", "containers of one group that clash",
        "The containers of a Pod and the services of a Compose file share one network: each port is listened on by one of them, and none waits in a circle.");

    public static readonly ErrorCode UnknownReference = new("MAN064", "a container refers to something that is not there",
        "A volume, ConfigMap, Secret, port, service or variable that a container names has to be in the same files, or be a resource of the fleet.");

    public static readonly ErrorCode WorkloadObjects = new("MAN065", "not exactly one thing to run",
        "A Workload is one group of containers: its files hold exactly one Pod, Deployment or DaemonSet, and the ConfigMaps it uses.");

    public static readonly ErrorCode Takeover = new("MAN075", "a takeover from the node that has the device",
        "takeover names the one node that a device may be taken from before that node let go of it. Left behind, it says nothing about the next move.");

    public static readonly ErrorCode NotEncrypted = new("MAN080", "a secret file that is not encrypted",
        "What 'age' of a Secret names is a file of age v1, armored or not: Git holds ciphertext only.");

    public static readonly ErrorCode NotOfSops = new("MAN081", "a SOPS file that cannot be used",
        "What 'sops' of a Secret names is a YAML or JSON file that SOPS encrypted, with its data key encrypted to keys of age.");

    public static readonly ErrorCode OtherKeys = new("MAN082", "the same ciphertext with other keys",
        "What a node is sent of a file is known by what the file holds: Secrets that name the same file name the same keys of it.");

    public static readonly ErrorCode SignerKey = new("MAN087", "a signer's key that no signature can be checked with",
        "A signer is named with an armored OpenPGP public key or with SSH public keys, each listed once; what else stands there could never sign a commit.");

    public static readonly ErrorCode PrivateKey = new("MAN088", "a private key where a public one belongs",
        "Whoever reads the repository has the key now, and whoever reads it later has it from the history.");

    public static readonly ErrorCode Upstream = new("MAN090", "values that are to go up and cannot",
        "A property that has 'upstream' is polled, and the rule says when a value goes up: in intervals of at least a second, when it changes, or both.");

    public static readonly ErrorCode UpstreamBuffer = new("MAN091", "a buffer that nothing is put into",
        "A Device has an upstreamBuffer and no property that goes up.");

    public static readonly ErrorCode Replicas = new("MAN093", "nodes that cannot have a folder alike",
        "The nodes that a VolumeSync with 'mode: replicate' is placed on are exactly its peers, each with an id of its own: who is not declared is not let in.");

    public static readonly ErrorCode RegisterWrittenTwice = new("MAN097", "two devices write one register",
        "One unit of Modbus may be several Devices of a node, which may read the same. What two of them write would be what was written last.");

    public static readonly ErrorCode BehindEdgeX = new("MAN100", "a part of a device or model that EdgeX cannot carry",
        "A Device with 'backend: edgex' is spoken with by a device service of EdgeX, which would do something else than is written here, or nothing.");

    public static readonly ErrorCode OtherwiseInEdgeX = new("MAN101", "a part of a device or model that EdgeX does otherwise",
        "A Device with 'backend: edgex' is spoken with by a device service of EdgeX. The rest of it means the same there.");

    public static readonly ErrorCode EdgeXTemplate = new("MAN102", "a template in what an EdgeX is told",
        "All Devices of one EdgeX become one unit of their node, before anything is rendered.");

    public static readonly ErrorCode EdgeXSettings = new("MAN103", "devices that disagree about the EdgeX they share",
        "The Devices of a node that name one core-metadata are kept there together, so how they are kept is said alike by all of them.");

    public static readonly ErrorCode EdgeXNameTwice = new("MAN104", "a name that is there twice in one EdgeX",
        "In one EdgeX a device or a profile exists once, and is kept by one DeviceImport or by the Devices of one node.");

    public static readonly ErrorCode LineOfTwo = new("MAN105", "a serial line that the agent and EdgeX would both speak on",
        "Two programs on one serial line garble each other's telegrams: all Devices of a line have the same backend.");

    /// <summary>All of them, by code.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        Syntax, TooLarge, TooDeep, NotText, DuplicateKey, AliasBudget, UnsupportedYaml, UnquotedTemplate,
        SurprisingScalar, ReaderFailed, NotAManifest, UnknownKind, NotEnforcedYet, UnknownField, MissingField,
        WrongType, InvalidValue, TemplateNotAllowed, NoValue, InvalidName, MissingPlacement, ExclusiveFields, ReservedLabel,
        FleetCount, DuplicateResource, DanglingReference, GroupConflict, PlacedNowhere, PathClaimedTwice,
        PortClaimedTwice, RequiresCycle, TwoClocks, SourceMissing, SourceOutside, DesiredValue, DeviceConnection,
        MovedFrom, RequirementElsewhere, BrokenTable, TableColumn, TableRow,
        Unsupported, WithoutMeaning, ImageNotPinned, GroupClash, UnknownReference, WorkloadObjects, Takeover, NotEncrypted, NotOfSops, OtherKeys,
        SignerKey, PrivateKey, Upstream, UpstreamBuffer, Replicas, RegisterWrittenTwice,
        BehindEdgeX, OtherwiseInEdgeX, EdgeXTemplate, EdgeXSettings, EdgeXNameTwice, LineOfTwo,
    ];
}
