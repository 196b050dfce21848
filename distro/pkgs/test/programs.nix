# Programs that need more than their libraries: files of their own in places where Debian does not look.
{ runCommand, perl, git, file, bison, flex, autoconf, automake, gcc, iptables, jq, curl, vim, bash, tzdata, gnum4 }:
runCommand "test-programs"
  {
    nativeBuildInputs = [ perl git file bison flex autoconf automake gcc iptables jq curl vim gnum4 ];
  }
  ''
    export HOME=$PWD
    [ "$(perl -MList::Util=sum -MPOSIX -MFile::Temp -e 'print sum(40, 2)')" = 42 ]
    git init -q work
    (cd work && echo text >file && git add file && git -c user.name=a -c user.email=a@b commit -qm first && git log --oneline | grep -q first)
    file ${bash}/bin/bash | grep -q ELF
    printf '%s\n' '%%' 'a: ;' '%%' >g.y && bison g.y && [ -s g.tab.c ]
    printf '%s\n' '%%' '. ;' '%%' >l.l && flex l.l && [ -s lex.yy.c ]
    mkdir project && cd project
    printf '%s\n' 'AC_INIT([p],[1])' 'AM_INIT_AUTOMAKE([foreign])' 'AC_PROG_CC' 'AC_CONFIG_FILES([Makefile])' 'AC_OUTPUT' >configure.ac
    printf '%s\n' 'bin_PROGRAMS = p' 'p_SOURCES = p.c' >Makefile.am
    echo 'int main(void) { return 0; }' >p.c
    autoreconf -i
    bash ./configure --quiet CONFIG_SHELL=${bash}/bin/bash && make SHELL=${bash}/bin/bash -s && ./p
    iptables --version | grep -q nf_tables
    [ "$(echo '{"a":42}' | jq .a)" = 42 ]
    curl --version | grep -q https
    vim --version | grep -q VIM
    touch $out
  ''
