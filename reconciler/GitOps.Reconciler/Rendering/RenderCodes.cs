using GitOps.Bundles;

namespace GitOps.Reconciler.Rendering;

/// <summary>What can be wrong with a template or with what it renders to: REN001 to REN019.</summary>
public static class RenderCodes
{
    public static readonly ErrorCode Syntax = new("REN001", "a template that cannot be parsed",
        "Templates are Scriban: '{{ values.port }}', '{{ if }} … {{ end }}', '{{ for }} … {{ end }}'.");

    public static readonly ErrorCode Undefined = new("REN002", "a variable, value or function that does not exist",
        "A template sees values (merged for the node), node, site and fleet. Whatever is not there is an error, never an empty text.");

    public static readonly ErrorCode Failed = new("REN003", "a template fails while it is rendered",
        "An operation of the template does not fit its operands.");

    public static readonly ErrorCode Limit = new("REN004", "a template asks for too much",
        "Steps, loop iterations, call depth and characters produced are counted and bounded, so that the same template gives the " +
        "same result on every machine and never takes the control plane down.");

    public static readonly ErrorCode NotAllowed = new("REN005", "a part of the template language that is not offered",
        "Templates read nothing but their variables: no import, include or eval, and only plain variables can be assigned.");

    public static readonly ErrorCode NotAScalar = new("REN006", "an expression that gives a list or a mapping",
        "A template changes scalars, never the structure. A whole subtree of values is inserted by '$value: path'.");

    public static readonly ErrorCode BadValuePath = new("REN007", "$value names no value",
        "'$value: path' is replaced by the value at that path of the node's merged values.");

    public static readonly ErrorCode UnknownSecret = new("REN008", "a secret that does not exist",
        "The first argument of secret is the name of a Secret, and its key after a slash where it has several.");

    public static readonly ErrorCode SecretElsewhere = new("REN009", "a secret that is not placed on the node",
        "A Secret says on which nodes it lies; elsewhere the agent would have nothing to put in.");

    public static readonly ErrorCode SecretNotAllowed = new("REN010", "a secret where none can be put in",
        "The agent puts secrets in when it writes file contents and environment variables, nowhere else. A template cannot look at " +
        "one, so it stands alone between '{{' and '}}'.");

    public static readonly ErrorCode NotText = new("REN011", "a template file that is not text",
        "A file named .sbn is a template and has to be UTF-8. Leave the ending away to pass bytes through as they are.");

    public static readonly ErrorCode BundleTooLarge = new("REN012", "a bundle that is too large",
        "A node refuses bundles above the limit. Large contents belong into files, which travel as blobs.");

    public static readonly ErrorCode AgentExecutable = new("REN013", "no executable of the agent for a node",
        "'agent.executables' names a file for each architecture that its nodes have, and each is a Linux executable for it.");

    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        Syntax, Undefined, Failed, Limit, NotAllowed, NotAScalar, BadValuePath, UnknownSecret, SecretElsewhere,
        SecretNotAllowed, NotText, BundleTooLarge, AgentExecutable,
    ];
}
