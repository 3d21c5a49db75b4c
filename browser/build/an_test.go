package main
import ("testing";"encoding/json";"fmt";"sort";"path/filepath";"github.com/evanw/esbuild/pkg/api")
func TestAn(t *testing.T){
 src,_:=filepath.Abs("../src")
 for _,b:=range bundles { if b.limit==0||b.format==umd {continue}
 r:=api.Build(api.BuildOptions{EntryPoints:[]string{filepath.Join(src,b.entry)},Outfile:"/tmp/x.js",Bundle:true,Format:api.FormatESModule,Target:api.ES2020,MinifyWhitespace:true,MinifyIdentifiers:true,MinifySyntax:true,MangleProps:"^_",Metafile:true,Define: map[string]string{"LITE": map[bool]string{true:"true",false:"false"}[b.name[10]=='l']},TsconfigRaw:`{"compilerOptions":{"target":"es2020","useDefineForClassFields":false,"verbatimModuleSyntax":true}}`,Plugins:[]api.Plugin{b.replace(src)}})
 var m struct{Outputs map[string]struct{Inputs map[string]struct{BytesInOutput int}}}
 json.Unmarshal([]byte(r.Metafile),&m)
 type kv struct{k string;v int}; var l []kv
 for _,o:=range m.Outputs{for k,v:=range o.Inputs{l=append(l,kv{filepath.Base(k),v.BytesInOutput})}}
 sort.Slice(l,func(i,j int)bool{return l[i].v>l[j].v})
 fmt.Println(b.name); for _,x:=range l{fmt.Println(x.v,x.k)}
 }
}
